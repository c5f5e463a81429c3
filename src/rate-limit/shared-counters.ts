import { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { throttledWarning } from '#lib/throttle'
import type { Logger } from '#telemetry'
import type { Counter, RateLimitDefinition } from './rate-limits.ts'

/** Counts that replicas share, in the Redis of the queue. Every key has the expiry of its window. */
export interface SharedCounters {
  counterOf(definition: RateLimitDefinition): Counter
  /** The result of `work`; without a responding Redis that of `fallback`, immediately or after one deadline. */
  attempt<T>(work: () => Promise<T>, fallback: () => Promise<T>): Promise<T>
  close(): void
}

/** Longest wait for Redis, ms. */
const commandTimeoutMs = 250
/** Pause after a failed command, ms: no command is sent. */
const pauseMs = 1_000
/** Keys that a process creates within `budgetMs`: the queue shares this Redis, and a full one takes no wake-ups. */
const createdMax = 50_000
const budgetMs = 15 * 60_000

export function openSharedCounters(url: string, log: Logger): SharedCounters {
  const report = throttledWarning(log, 'the Redis of the rate limits does not respond; each process counts alone')
  const reportBudget = throttledWarning(
    log,
    'rate limits have created too many keys in Redis; each process counts alone for some minutes',
  )
  let pausedUntil = 0
  let budgetEnds = 0
  let created = 0

  const redis = new Redis(url, {
    connectTimeout: 2_000,
    socketTimeout: 3_000,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
    // A demoted primary: another connection reaches the current one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  redis.on('error', report)

  /** Whether this process may create keys. */
  function hasBudget(): boolean {
    const now = performance.now()
    if (now >= budgetEnds) {
      budgetEnds = now + budgetMs
      created = 0
    }
    if (created < createdMax) return true
    reportBudget(new Error(`${createdMax} keys within ${budgetMs / 60_000} minutes`))
    return false
  }

  return {
    counterOf({ name, points, seconds }) {
      const counter = new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `holdfast:rate:1:${name}`,
        points,
        duration: seconds,
        rejectIfRedisNotReady: true,
      })
      const note = (isNew: boolean): void => {
        if (isNew) created += 1
      }
      return {
        async consume(key, asked) {
          const result = await counter.consume(key, asked)
          note(result.isFirstInDuration)
          return result
        },
        get: (key) => counter.get(key),
        reward: (key, spent) => counter.reward(key, spent),
        delete: (key) => counter.delete(key),
      }
    },
    async attempt(work, fallback) {
      if (redis.status !== 'ready' || performance.now() < pausedUntil || !hasBudget()) return fallback()
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Error)) throw error
        pausedUntil = performance.now() + pauseMs
        report(error)
        return fallback()
      }
    },
    close: () => redis.disconnect(),
  }
}
