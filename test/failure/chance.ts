/** The only source of randomness of this suite: one seed gives one schedule, one sequence of faults and choices. */
export interface Chance {
  /** At least 0, less than 1. */
  float(): number
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  happens(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** 32 hexadecimal digits, for keys. */
  key(): string
  /** A stream of its own, so that one part can draw more without moving the others. */
  fork(name: string): Chance
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  /** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for a schedule. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const chance: Chance = {
    float: () => next() / 2 ** 32,
    between: (from, to) => from + Math.floor(chance.float() * (to - from + 1)),
    happens: (probability) => chance.float() < probability,
    pick(from) {
      const picked = from[Math.floor(chance.float() * from.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    key: () => Array.from({ length: 4 }, () => next().toString(16).padStart(8, '0')).join(''),
    fork: (name) =>
      createChance([...name].reduce((hash, sign) => Math.imul(hash ^ sign.charCodeAt(0), 16_777_619), next())),
  }
  return chance
}
