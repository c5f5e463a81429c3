import type { AppError } from '#errors'

const defaultSeconds = 2

/**
 * The value of Retry-After, s. Jitter: it is random, so that callers rejected at one moment do not return at one moment.
 * The time of a rate limit is exact: it is the caller's own.
 */
export function retryAfter(error?: AppError): string {
  const seconds = error?.retryAfterSeconds ?? defaultSeconds
  if (error?.code === 'too_many_requests') return String(seconds)
  return String(seconds + Math.floor(Math.random() * (seconds + 1)))
}
