import { createHmac } from 'node:crypto'
import type { RateLimiterRes } from 'rate-limiter-flexible'
import type { Logger } from '#telemetry'
import { createLocalCounter } from './local-counter.ts'
import { openSharedCounters } from './shared-counters.ts'

/** Rate limit: at most `points` per key in a fixed window, which begins with the first point counted. */
export interface RateLimit {
  readonly name: string
  /** Counts `points` (default 1) before their result is known, so that concurrent attempts cannot exceed the limit. Rejected points are not counted. */
  consume(key: string, points?: number): Promise<RateLimitResult>
  /** What `consume` would return, without counting. */
  peek(key: string, points?: number): Promise<RateLimitResult>
  /** Uncounts points that were spent for nothing. */
  refund(key: string, points?: number): Promise<void>
  /** Uncounts everything under the key. */
  reset(key: string): Promise<void>
}

export interface RateLimitResult {
  isAllowed: boolean
  /** Points left in this window. */
  remaining: number
  /** Time until the window ends and the points are allowed, s; 0 where they are allowed now. */
  retryAfterSeconds: number
}

export interface RateLimitDefinition {
  /** Unique, and the same in all replicas: limits of one name share their counts. */
  name: string
  points: number
  seconds: number
}

/** The rate limits of the program. Counts are shared by replicas in Redis; without a responding Redis each process counts alone. */
export interface RateLimits {
  /** @throws Error when a limit of this name exists */
  define(definition: RateLimitDefinition): RateLimit
  close(): void
}

export interface RateLimitsOptions {
  /** The Redis of the queue, which evicts nothing; undefined: each process counts alone. */
  redisUrl: string | undefined
  /** Keys are stored as their HMAC, since they are e-mail and IP addresses. The same in all replicas. */
  secretKey: string
  log: Logger
}

/** Counts of one limit in one place. Method and result names are those of rate-limiter-flexible. */
export interface Counter {
  consume(key: string, points: number): Promise<RateLimiterRes>
  get(key: string): Promise<RateLimiterRes | null>
  reward(key: string, points: number): Promise<RateLimiterRes>
  delete(key: string): Promise<boolean>
}

export function createRateLimits({ redisUrl, secretKey, log }: RateLimitsOptions): RateLimits {
  const shared = redisUrl === undefined ? undefined : openSharedCounters(redisUrl, log)
  const names = new Set<string>()
  const digest = (key: string): string =>
    createHmac('sha256', secretKey).update(`rate limit ${key}`).digest('base64url').slice(0, 22)

  return {
    define(definition) {
      const { name, points: limit, seconds } = definition
      if (names.has(name)) throw new Error(`There is a rate limit ${name} already.`)
      names.add(name)
      const local = createLocalCounter(definition)
      const remote = shared?.counterOf(definition)

      const count = <T>(work: (counter: Counter) => Promise<T>): Promise<T> =>
        shared === undefined || remote === undefined
          ? work(local)
          : shared.attempt(
              () => work(remote),
              () => work(local),
            )

      async function refundFrom(counter: Counter, key: string, points: number): Promise<void> {
        const counted = (await counter.get(key))?.consumedPoints ?? 0
        // Never below zero: the window in which the points were counted may have ended.
        if (counted > points) await counter.reward(key, points)
        else if (counted > 0) await counter.delete(key)
      }

      function resultOf(consumed: number, points: number, msBeforeNext: number): RateLimitResult {
        const isAllowed = consumed + points <= limit
        const waitMs = msBeforeNext > 0 ? msBeforeNext : seconds * 1_000
        return {
          isAllowed,
          remaining: Math.max(0, limit - consumed - (isAllowed ? points : 0)),
          retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil(waitMs / 1_000)),
        }
      }

      return {
        name,
        consume: (key, points = 1) =>
          count(async (counter) => {
            const id = digest(key)
            try {
              const { consumedPoints, msBeforeNext } = await counter.consume(id, points)
              return resultOf(consumedPoints - points, points, msBeforeNext)
            } catch (rejection) {
              if (!isRejection(rejection)) throw rejection
              await counter.reward(id, points)
              return resultOf(rejection.consumedPoints - points, points, rejection.msBeforeNext)
            }
          }),
        peek: (key, points = 1) =>
          count(async (counter) => {
            const found = await counter.get(digest(key))
            return resultOf(found?.consumedPoints ?? 0, points, found?.msBeforeNext ?? 0)
          }),
        refund: (key, points = 1) => count((counter) => refundFrom(counter, digest(key), points)),
        reset: (key) => count(async (counter) => void (await counter.delete(digest(key)))),
      }
    },
    close: () => shared?.close(),
  }
}

/** The library rejects with a result, not with an error. */
const isRejection = (thrown: unknown): thrown is RateLimiterRes => !(thrown instanceof Error)
