import Stripe from 'stripe'
import { OutboundError } from '../external-service.ts'
import { PaymentRejectedError } from './provider.ts'

/** @throws OutboundError for an error that leaves the result open; otherwise the SDK's own error */
export function throwIfIndefinite(cause: unknown): never {
  if (cause instanceof Stripe.errors.StripeConnectionError) {
    const reason = unsentCodes.includes(causeCode(cause) ?? '') ? 'unreachable' : 'unknown'
    throw new OutboundError(reason, 'the payment provider did not respond', { cause })
  }
  if (cause instanceof Stripe.errors.StripeRateLimitError)
    throw new OutboundError('unreachable', 'the payment provider limits the request rate', { cause })
  // A configuration error, and nothing was done: orders wait for its correction as for an unreachable provider.
  if (cause instanceof Stripe.errors.StripeAuthenticationError || cause instanceof Stripe.errors.StripePermissionError)
    throw new OutboundError('unreachable', 'the payment provider rejected the API key: check PAYMENT_SECRET_KEY', {
      cause,
    })
  if (cause instanceof Stripe.errors.StripeError && cause.statusCode === 409)
    throw new OutboundError('unknown', 'the payment provider is still processing the first call with this key', {
      cause,
    })
  // Another release has used the key with other parameters: the result of that call must be looked up.
  if (cause instanceof Stripe.errors.StripeIdempotencyError)
    throw new OutboundError('failed', 'the payment provider knows this idempotency key from a different call', {
      cause,
    })
  if (cause instanceof Stripe.errors.StripeError && (cause.statusCode ?? 0) >= 500)
    throw new OutboundError('failed', `the payment provider failed with ${cause.statusCode}`, { cause })
  throw cause
}

/** A rejection by a healthy provider: a declined card or an invalid request. */
export function isDefiniteRejection(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError
}

/** A rejection as the interface's PaymentRejectedError; any other error unchanged. */
export function rejectionOf(error: unknown): unknown {
  if (!isDefiniteRejection(error)) return error
  const { code, param } = error as Stripe.errors.StripeError
  // The SDK gives '' for a code that Stripe did not send.
  return new PaymentRejectedError(code || (param ? `${param}_invalid` : 'refused'), { cause: error })
}

/** No connection was opened, so nothing was sent. */
const unsentCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']

function causeCode(error: Error): string | undefined {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code
    current = 'detail' in current && current.detail instanceof Error ? current.detail : current.cause
  }
  return undefined
}
