import Stripe from 'stripe'
import { OutboundError } from '../external-service.ts'
import { PaymentRejectedError } from './provider.ts'

/** @throws OutboundError for whatever leaves it open what Stripe did; else the SDK's own error */
export function throwUncertain(cause: unknown): never {
  if (cause instanceof Stripe.errors.StripeConnectionError) {
    const reason = unsent.includes(causeCode(cause) ?? '') ? 'unreachable' : 'unknown'
    throw new OutboundError(reason, 'the payment provider did not answer', { cause })
  }
  if (cause instanceof Stripe.errors.StripeRateLimitError)
    throw new OutboundError('unreachable', 'the payment provider asks us to slow down', { cause })
  // Ours to mend, and nothing was done: the orders wait for it as they wait for a provider that is away.
  if (cause instanceof Stripe.errors.StripeAuthenticationError || cause instanceof Stripe.errors.StripePermissionError)
    throw new OutboundError('unreachable', 'the payment provider refuses our key: check PAYMENT_SECRET_KEY', { cause })
  if (cause instanceof Stripe.errors.StripeError && cause.statusCode === 409)
    throw new OutboundError('unknown', 'the payment provider is still at the first call with this key', { cause })
  // Another version of this program has used the key with other parameters: what came of that is to be looked up.
  if (cause instanceof Stripe.errors.StripeIdempotencyError)
    throw new OutboundError('failed', 'the payment provider knows the key from a different call', { cause })
  if (cause instanceof Stripe.errors.StripeError && (cause.statusCode ?? 0) >= 500)
    throw new OutboundError('failed', `the payment provider failed with ${cause.statusCode}`, { cause })
  throw cause
}

/** A no from a provider that is well. */
export function isRejection(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError
}

/** The same no in the interface's words; any other error as it is. */
export function rejectionOf(error: unknown): unknown {
  if (!isRejection(error)) return error
  const { code, param } = error as Stripe.errors.StripeError
  // The SDK says '' for what Stripe did not send.
  return new PaymentRejectedError(code || (param ? `${param}_invalid` : 'refused'), { cause: error })
}

/** No connection, so nothing was sent. */
const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']

function causeCode(error: Error): string | undefined {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code
    current = 'detail' in current && current.detail instanceof Error ? current.detail : current.cause
  }
  return undefined
}
