/** Seeded random numbers, the suite's only source of randomness: one seed gives one schedule and one order of faults. */
export interface Random {
  /** At least 0, less than 1. */
  float(): number
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  happens(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** 32 hexadecimal digits, for keys. */
  key(): string
  /** A separate stream, so that draws in one part do not change the numbers of another. */
  fork(name: string): Random
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  /** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are enough for a schedule. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const random: Random = {
    float: () => next() / 2 ** 32,
    between: (from, to) => from + Math.floor(random.float() * (to - from + 1)),
    happens: (probability) => random.float() < probability,
    pick(from) {
      const picked = from[Math.floor(random.float() * from.length)]
      if (picked === undefined) throw new Error('the list to pick from is empty')
      return picked
    },
    key: () => Array.from({ length: 4 }, () => next().toString(16).padStart(8, '0')).join(''),
    fork: (name) =>
      createRandom([...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16_777_619), next())),
  }
  return random
}
