import Stripe from 'stripe'
import { AppError } from '#errors'
import type { DisputeStatus, DisputeEvent, PaymentEvent, PaymentStatusEvent, RefundEvent } from './provider.ts'
import { fromStripeAmount } from './stripe-amount.ts'
import { describeIntent, feeIn, idOf, refundStatus } from './stripe-results.ts'

/** Replay protection: deliveries with an older signature are rejected. */
const toleranceSeconds = 300

/**
 * Verifies and parses a Stripe webhook; null for an event about no payment of this shop.
 * @throws AppError as `readWebhook`
 */
export function readStripeWebhook(
  body: Buffer,
  signature: string | undefined,
  secret: string | undefined,
): PaymentEvent | null {
  if (secret === undefined)
    throw new AppError('not_found', { message: 'This shop accepts no webhooks: PAYMENT_WEBHOOK_SECRET is not set.' })
  if (signature === undefined)
    throw new AppError('bad_input', { field: 'stripe-signature', message: 'The signature is missing.' })
  const event = verify(body, signature, secret)
  try {
    return translate(event)
  } catch (cause) {
    // The provider has signed what is not as it documents its events.
    throw new AppError('bad_input', { message: 'The event cannot be read.', cause })
  }
}

/** @throws TypeError for an object without the fields of its kind */
function translate(event: Stripe.Event): PaymentEvent | null {
  // A signed body need not be an event; anything else is about no payment of this shop.
  const object = (event as Partial<Stripe.Event> | null)?.data?.object
  switch (object?.object) {
    case 'payment_intent':
      return paymentEvent(event.id, object)
    case 'refund':
      return refundEvent(event.id, object)
    case 'charge': {
      // Some API versions report a refund only here, as an item of the charge, newest first.
      const refund = event.type === 'charge.refunded' ? object.refunds?.data[0] : undefined
      return refund ? refundEvent(event.id, { ...refund, metadata: { ...object.metadata, ...refund.metadata } }) : null
    }
    case 'dispute':
      return 'payment_intent' in object ? disputeEvent(event.id, object) : null
    default:
      return null
  }
}

function verify(body: Buffer, signature: string, secret: string): Stripe.Event {
  try {
    return Stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds)
  } catch (cause) {
    const message = 'The signature does not match or is too old.'
    throw new AppError('bad_input', { field: 'stripe-signature', message, cause })
  }
}

function paymentEvent(eventId: string, intent: Stripe.PaymentIntent): PaymentStatusEvent | null {
  const orderId = intent.metadata?.['order_id']
  if (orderId === undefined) return null
  return { kind: 'payment', eventId, orderId, intentId: intent.id, result: describeIntent(intent) }
}

function refundEvent(eventId: string, refund: Stripe.Refund): RefundEvent | null {
  const intentId = idOf(refund.payment_intent)
  if (intentId === null) return null
  return {
    kind: 'refund',
    eventId,
    orderId: refund.metadata?.['order_id'] ?? null,
    intentId,
    refundId: refund.metadata?.['refund_id'] ?? null,
    providerRefundId: refund.id,
    amount: fromStripeAmount(refund.amount, refund.currency),
    status: refundStatus(refund),
  }
}

function disputeEvent(eventId: string, dispute: Stripe.Dispute): DisputeEvent | null {
  const intentId = idOf(dispute.payment_intent)
  if (intentId === null || dispute.balance_transactions.length === 0) return null
  const amount = fromStripeAmount(dispute.amount, dispute.currency)
  return {
    kind: 'dispute',
    eventId,
    orderId: dispute.metadata['order_id'] ?? null,
    intentId,
    disputeId: dispute.id,
    amount,
    feeMinor: dispute.balance_transactions.reduce((sum, transaction) => sum + feeIn(amount, transaction), 0),
    reason: dispute.reason,
    status: disputeStatus(dispute),
  }
}

function disputeStatus({ status }: Stripe.Dispute): DisputeStatus {
  if (status === 'won') return 'won'
  return status === 'lost' ? 'lost' : 'opened'
}
