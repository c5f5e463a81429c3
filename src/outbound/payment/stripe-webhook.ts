import Stripe from 'stripe'
import { AppError } from '#errors'
import type { DisputeStatus, DisputeNotice, PaymentEvent, PaymentNotice, RefundNotice } from './provider.ts'
import { describeIntent, feeIn, idOf, money, refundStatus } from './stripe-results.ts'

/** Older deliveries are refused, so that one that was overheard cannot be sent again for ever. */
const toleranceSeconds = 300

/** Null for events that say nothing about a payment of ours. @throws AppError as PaymentProvider.readWebhook */
export function readStripeWebhook(
  body: Buffer,
  signature: string | undefined,
  secret: string | undefined,
): PaymentEvent | null {
  if (secret === undefined)
    throw new AppError('not_found', { message: 'This shop takes no webhooks: PAYMENT_WEBHOOK_SECRET is not set.' })
  if (signature === undefined)
    throw new AppError('bad_input', { field: 'stripe-signature', message: 'The signature is missing.' })
  const event = verify(body, signature, secret)
  // Signed, but not what we know as an event: nothing that concerns a payment of ours.
  const object = (event as Partial<Stripe.Event> | null)?.data?.object
  switch (object?.object) {
    case 'payment_intent':
      return paymentTold(event.id, object)
    case 'refund':
      return refundTold(event.id, object)
    case 'charge': {
      // Versions of the API that tell of a refund here alone list it in the charge, newest first.
      const refund = event.type === 'charge.refunded' ? object.refunds?.data[0] : undefined
      return refund ? refundTold(event.id, { ...refund, metadata: { ...object.metadata, ...refund.metadata } }) : null
    }
    case 'dispute':
      return 'payment_intent' in object ? disputeTold(event.id, object) : null
    default:
      return null
  }
}

function verify(body: Buffer, signature: string, secret: string): Stripe.Event {
  try {
    return Stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds)
  } catch (cause) {
    const message = 'The signature does not match, or is too old.'
    throw new AppError('bad_input', { field: 'stripe-signature', message, cause })
  }
}

function paymentTold(eventId: string, intent: Stripe.PaymentIntent): PaymentNotice | null {
  const orderId = intent.metadata?.['order_id']
  if (orderId === undefined) return null
  return { kind: 'payment', eventId, orderId, intentId: intent.id, result: describeIntent(intent) }
}

function refundTold(eventId: string, refund: Stripe.Refund): RefundNotice | null {
  const intentId = idOf(refund.payment_intent)
  if (intentId === null) return null
  return {
    kind: 'refund',
    eventId,
    orderId: refund.metadata?.['order_id'] ?? null,
    intentId,
    refundId: refund.metadata?.['refund_id'] ?? null,
    providerRefundId: refund.id,
    amount: money(refund.amount, refund.currency),
    status: refundStatus(refund),
  }
}

function disputeTold(eventId: string, dispute: Stripe.Dispute): DisputeNotice | null {
  const intentId = idOf(dispute.payment_intent)
  if (intentId === null || dispute.balance_transactions.length === 0) return null
  const amount = money(dispute.amount, dispute.currency)
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
