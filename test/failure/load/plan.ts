import { createRandom, type Random } from '../random.ts'

/** The workload: all operations and their times, fixed before the first request (open loop). One seed gives one plan. */

/** Behaviours of a buyer. */
export const behaviours = {
  /** Retries with the same key until the reply is definite. */
  plain: 'places an order',
  /** Sends one request with one key to two servers concurrently (idempotence). */
  duplicate: 'places an order twice concurrently, with one key',
  /** Closes the connection early and does not retry: the outcome shows only in the final state (indefinite). */
  hangsUp: 'closes the connection early and does not retry',
  /** Takes the first failure as final: the request must have left no effect. */
  neverRetries: 'accepts the first reply, whichever it is',
  cancels: 'cancels the order soon after',
  /** The first card is declined; a second card pays. */
  declined: 'pays again after a decline',
  /** The card is declined and the buyer does not return. */
  abandons: 'never pays',
  /** Two requests for one cart with two keys, concurrently: one order. */
  twoKeys: 'places one cart with two keys',
  /** A customer uses one key for two carts: one order. */
  twoCarts: 'places two carts with one key',
  /** Orders a SKU with little stock. */
  scarce: 'orders a SKU that is nearly sold out',
} as const
export type Behaviour = keyof typeof behaviours

/** Relative shares of the behaviours; they may have any sum. */
export type Mix = Partial<Record<Behaviour, number>>

export const usualMix: Mix = {
  plain: 62,
  duplicate: 12,
  hangsUp: 5,
  neverRetries: 6,
  cancels: 6,
  declined: 3,
  twoKeys: 3,
  twoCarts: 1,
  scarce: 2,
}

export interface Operation {
  op: number
  atMs: number
  behaviour: Behaviour
  keys: [string, string]
  lines: { sku: string; quantity: number }[]
  /** Number of the first server; retries go to the following ones. */
  server: number
  /** Time until the buyer hangs up, or cancels, ms. */
  afterMs: number
}

export interface PlanOptions {
  seed: number
  operations: number
  perSecond: number
  mix: Mix
  skus: { plenty: readonly string[]; scarce: readonly string[] }
}

export function planLoad({ seed, operations, perSecond, mix, skus }: PlanOptions): Operation[] {
  const random = createRandom(seed).fork('load')
  const shares = Object.entries(mix) as [Behaviour, number][]
  const total = shares.reduce((sum, [, share]) => sum + share, 0)
  let atMs = 0
  return Array.from({ length: operations }, (_, op): Operation => {
    // Poisson arrivals: buyers are independent of each other.
    atMs += (-Math.log(1 - random.float()) * 1000) / perSecond
    const behaviour = pickBehaviour(shares, random.float() * total)
    return {
      op,
      atMs: Math.round(atMs),
      behaviour,
      keys: [random.key(), random.key()],
      lines: linesOf(behaviour === 'scarce' ? skus.scarce : skus.plenty, random),
      server: random.between(0, 1_000),
      afterMs: behaviour === 'hangsUp' ? random.between(2, 60) : random.between(0, 1_500),
    }
  })
}

function pickBehaviour(shares: readonly [Behaviour, number][], point: number): Behaviour {
  let sum = 0
  for (const [behaviour, share] of shares) {
    sum += share
    if (point < sum) return behaviour
  }
  return 'plain'
}

function linesOf(skus: readonly string[], random: Random): Operation['lines'] {
  const count = random.happens(0.8) ? 1 : random.between(2, 3)
  const chosen = new Set(Array.from({ length: count }, () => random.pick(skus)))
  return [...chosen].map((sku) => ({ sku, quantity: random.happens(0.85) ? 1 : 2 }))
}
