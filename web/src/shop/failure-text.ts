import type { Text } from '../text/en.ts'
import type { Failure } from './failure.ts'

/** Describes a failure and the remedy, in the user's language. */
export function failureText(text: Text, failure: Failure): string {
  if (failure.code === 'network') return text.failure.network
  if (failure.code === 'too_many_requests' && failure.retryAfterSeconds !== undefined)
    return text.failure.tooManyRequests(Math.ceil(failure.retryAfterSeconds / 60))
  return text.failure.byCode[failure.code] ?? text.failure.unexpected
}
