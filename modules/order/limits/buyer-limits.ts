import { createHmac } from 'node:crypto'
import { BlockList, isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { AppError } from '#errors'
import { readReplies, type IdempotencyKey } from '#idempotency'
import { networkOf } from '#rate-limit'
import type { Locale } from '#schemas'
import type { Services } from '#services'
import { metrics } from '#telemetry'
import { readStanding, windowSeconds, type Standing, type StandingKind } from './standing.store.ts'

/**
 * Limits of buyers, by what came of their latest orders: an attempt to pay that succeeds counts for nothing, so that ten
 * thousand buyers behind one address are served, and a thief who tries cards is not. The orders themselves are the count,
 * which all replicas share.
 */
export interface BuyerLimits {
  /** The buyer's network as a keyed hash, to be stored with the order; null for an exempt one, which has no limits. */
  sourceOf(address: string): string | null
  /**
   * @param options.key of the request: one that was answered already is let through to its stored reply
   * @throws AppError `too_many_requests` once too many attempts have come to nothing
   */
  requireStanding(buyer: Buyer, options: { key: IdempotencyKey; isPlacing?: boolean }): Promise<void>
}

export interface Buyer {
  source: string | null
  userId: string | null
  email: string
  locale: Locale
}

/** Orders that a process places for one buyer or network before it reads what came of them. Most buyers place fewer. */
const unreadOrders = 3
/** A standing is read at most this often, ms. */
const readEveryMs = 1_000
const keysMax = 20_000

interface Known {
  placings: number
  readAt: number
  standing: Promise<Standing | undefined>
}

export function createBuyerLimits({ config, database, log, secretKey }: Services): BuyerLimits {
  const exempt = blockListOf(config.LIMITS_EXEMPT)
  const failedMax: Record<StandingKind, number> = {
    network: config.FAILED_ATTEMPTS_NETWORK,
    account: config.FAILED_ATTEMPTS_BUYER,
    email: config.FAILED_ATTEMPTS_BUYER,
  }
  const known = new LRUCache<string, Known>({ max: keysMax, ttl: windowSeconds * 1_000 })

  /** Undefined where it cannot be read: a failure of Postgres is reported by the placing itself. */
  const read = (kind: StandingKind, value: string): Promise<Standing | undefined> =>
    readStanding(database.query, kind, { value, largeUnits: config.LARGE_ORDER_UNITS }).catch((error: unknown) => {
      log.warn({ err: error, kind }, 'the standing of a buyer could not be read')
      return undefined
    })

  function standingOf(kind: StandingKind, value: string, isPlacing: boolean): Promise<Standing | undefined> {
    const key = `${kind} ${value}`
    const entry = known.get(key) ?? {
      placings: 0,
      readAt: Number.NEGATIVE_INFINITY,
      standing: Promise.resolve(undefined),
    }
    if (isPlacing) entry.placings += 1
    const isDue = !isPlacing || entry.placings > unreadOrders
    if (isDue && performance.now() - entry.readAt > readEveryMs)
      Object.assign(entry, { readAt: performance.now(), standing: read(kind, value) })
    known.set(key, entry)
    return entry.standing
  }

  return {
    sourceOf(address) {
      if (exempt.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return null
      return createHmac('sha256', secretKey)
        .update(`source:${networkOf(address)}`)
        .digest('base64url')
        .slice(0, 22)
    },
    async requireStanding({ source, userId, email, locale }, { key: requestKey, isPlacing = false }) {
      if (source === null) return
      const keys: [StandingKind, string][] = [
        ['network', source],
        // An account is not limited by its address, under which strangers can place orders.
        userId === null ? ['email', email.toLowerCase()] : ['account', userId],
      ]
      const standings = await Promise.all(
        keys.map(async ([kind, value]) => ({ kind, standing: await standingOf(kind, value, isPlacing) })),
      )
      for (const { kind, standing } of standings) {
        if (standing === undefined) continue
        const isTooOpen = isPlacing && kind === 'account' && standing.open >= config.UNPAID_ORDERS_ACCOUNT
        if (standing.failed < failedMax[kind] && !isTooOpen) continue
        if ((await readReplies(database.query, [requestKey])).size > 0) return
        metrics.rateLimited.inc({ limit: `order-${kind}` })
        throw tooManyAttempts(locale, standing.seconds)
      }
    },
  }
}

/** Says nothing of cards or of the count: it must not help to find out which card works. */
function tooManyAttempts(locale: Locale, seconds: number): AppError {
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  return new AppError('too_many_requests', {
    message:
      locale === 'zh'
        ? `尝试付款或未付款的订单过多，请在 ${minutes} 分钟后再试。`
        : `Too many attempts to pay, or orders that were not paid. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
    retryAfterSeconds: Math.max(1, seconds),
  })
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return list
}
