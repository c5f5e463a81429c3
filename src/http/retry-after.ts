import type { AppError } from '#errors'

const defaultSeconds = 2

/** The value of Retry-After, s. Jitter: it is random, so that callers rejected at one moment do not return at one moment. */
export function retryAfter(error?: AppError): string {
  const seconds = error?.retryAfterSeconds ?? defaultSeconds
  return String(seconds + Math.floor(Math.random() * (seconds + 1)))
}
