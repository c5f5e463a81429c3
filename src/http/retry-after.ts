import type { AppError } from '#errors'

const defaultSeconds = 2

/** When to try again, s: drawn for each answer, so that those who were refused together do not come back together. */
export function retryAfter(error?: AppError): string {
  const seconds = error?.retryAfterSeconds ?? defaultSeconds
  return String(seconds + Math.floor(Math.random() * (seconds + 1)))
}
