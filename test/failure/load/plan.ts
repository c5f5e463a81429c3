import { createChance, type Chance } from '../chance.ts'

/** What the buyers will do and when, fixed before the first request is sent: an open loop, the same for the same seed. */

/** How a buyer behaves. */
export const manners = {
  /** Places, and insists with the same key until the answer is definite. */
  plain: 'places an order',
  /** Sends the same request with the same key to two servers at once (Jepsen: idempotence). */
  twice: 'places it twice at once, with one key',
  /** Hangs up early and never asks again: what became of it shows at the end (Jepsen: indefinite). */
  impatient: 'hangs up early and does not ask again',
  /** Believes the first "failed" and goes away: it must have left no effect. */
  trusting: 'believes the first answer',
  cancels: 'cancels soon after',
  /** The card is declined; then another pays. */
  declined: 'pays again after a decline',
  /** The card is declined and the buyer never comes back. */
  abandons: 'never pays',
  /** One cart, two keys, at once: one order. */
  twoKeys: 'places one cart with two keys',
  /** A customer who uses one key for two carts: one order. */
  twoCarts: 'places two carts with one key',
  /** Wants something of which there are few. */
  scarce: 'wants what is nearly sold out',
} as const
export type Manner = keyof typeof manners

/** Shares of the manners, of any sum. */
export type Mix = Partial<Record<Manner, number>>

export const usualMix: Mix = {
  plain: 62,
  twice: 12,
  impatient: 5,
  trusting: 6,
  cancels: 6,
  declined: 3,
  twoKeys: 3,
  twoCarts: 1,
  scarce: 2,
}

export interface Operation {
  op: number
  atMs: number
  manner: Manner
  keys: [string, string]
  lines: { sku: string; quantity: number }[]
  /** The server it turns to first. */
  server: number
  /** How long an impatient buyer waits, or when one who cancels does so, ms. */
  afterMs: number
}

export interface PlanOptions {
  seed: number
  orders: number
  perSecond: number
  mix: Mix
  skus: { plenty: readonly string[]; scarce: readonly string[] }
}

export function planLoad({ seed, orders, perSecond, mix, skus }: PlanOptions): Operation[] {
  const chance = createChance(seed).fork('load')
  const shares = Object.entries(mix) as [Manner, number][]
  const total = shares.reduce((sum, [, share]) => sum + share, 0)
  let atMs = 0
  return Array.from({ length: orders }, (_, op): Operation => {
    // Poisson: buyers do not wait for each other.
    atMs += (-Math.log(1 - chance.float()) * 1000) / perSecond
    const manner = pickManner(shares, chance.float() * total)
    return {
      op,
      atMs: Math.round(atMs),
      manner,
      keys: [chance.key(), chance.key()],
      lines: linesOf(manner === 'scarce' ? skus.scarce : skus.plenty, chance),
      server: chance.between(0, 1_000),
      afterMs: manner === 'impatient' ? chance.between(2, 60) : chance.between(0, 1_500),
    }
  })
}

function pickManner(shares: readonly [Manner, number][], point: number): Manner {
  let sum = 0
  for (const [manner, share] of shares) {
    sum += share
    if (point < sum) return manner
  }
  return 'plain'
}

function linesOf(skus: readonly string[], chance: Chance): Operation['lines'] {
  const count = chance.happens(0.8) ? 1 : chance.between(2, 3)
  const chosen = new Set(Array.from({ length: count }, () => chance.pick(skus)))
  return [...chosen].map((sku) => ({ sku, quantity: chance.happens(0.85) ? 1 : 2 }))
}
