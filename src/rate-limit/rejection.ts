import { AppError } from '#errors'
import { metrics } from '#telemetry'
import type { RateLimit } from './rate-limits.ts'

interface Attempt {
  limit: RateLimit
  key: string
  /** Default 1. */
  points?: number
}

/**
 * Counts an attempt under all of these limits, or under none: an attempt that one limit rejects spends nothing of the
 * others. @throws AppError `too_many_requests` with the time after which all of them allow it
 */
export async function consumeOrReject(...attempts: Attempt[]): Promise<void> {
  for (const [index, { limit, key, points }] of attempts.entries()) {
    const result = await limit.consume(key, points)
    if (result.isAllowed) continue
    metrics.rateLimited.inc({ limit: limit.name })
    await Promise.all(attempts.slice(0, index).map((spent) => spent.limit.refund(spent.key, spent.points)))
    const others = await Promise.all(attempts.map((other) => other.limit.peek(other.key, other.points)))
    throw tooManyRequests(Math.max(result.retryAfterSeconds, ...others.map((other) => other.retryAfterSeconds)))
  }
}

function tooManyRequests(retryAfterSeconds: number): AppError {
  return new AppError('too_many_requests', {
    message: `Too many attempts. Try again in ${duration(retryAfterSeconds)}.`,
    retryAfterSeconds,
  })
}

function duration(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
