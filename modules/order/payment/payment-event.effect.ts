import { z } from 'zod'
import { RetryLaterError, type EffectKind, type EffectResult, type Envelope } from '#actor'
import type { Queryable } from '#db'
import { AppError } from '#errors'
import type { PaymentEvent } from '#outbound'
import type { Services } from '#services'
import { idSchema, moneySchema } from '#schemas'
import { paymentResult, type OrderMessage } from '../state/order.message.ts'
import { findOrderByIntent, loadOrder } from '../state/order.store.ts'
import type { OrderState } from '../state/order.state.ts'

/** The provider's webhooks, translated into messages to the order. An event that is early waits in the mailbox. */

const common = { eventId: z.string().min(1).max(255), intentId: z.string().min(1).max(255) }
const optionalId = z.string().max(255).nullable()
const amount = moneySchema.extend({ amount: z.int().positive() })

const paymentEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('payment'), ...common, orderId: z.string(), result: paymentResult }),
  z.object({
    kind: z.literal('refund'),
    ...common,
    orderId: optionalId,
    refundId: optionalId,
    providerRefundId: z.string().min(1).max(255),
    amount,
    status: z.enum(['pending', 'succeeded', 'failed']),
  }),
  z.object({
    kind: z.literal('dispute'),
    ...common,
    orderId: optionalId,
    disputeId: z.string().min(1).max(255),
    amount,
    feeMinor: z.int(),
    reason: z.string().max(255),
    status: z.enum(['opened', 'won', 'lost']),
  }),
])

const message = z.object({ type: z.literal('deliver'), event: paymentEvent })
type Delivery = z.infer<typeof message>

/** How an event relates to the order at this moment. */
export type ClassifiedEvent =
  /** It concerns no order of this shop, or says nothing that the order does not know. */
  | { type: 'ignored' }
  /** It is ahead of the shop's own commit: the envelope keeps it until the order knows its payment. */
  | { type: 'early'; envelope: Envelope }
  | { type: 'relevant'; orderId: string; message: OrderMessage }

/**
 * Classifies a webhook event. An event about an unknown order is ignored: the provider learns of an order only after its
 * commit, so the order belongs to another program on the same provider account.
 * @throws AppError `bad_input` for an event with a field that is not as the provider documents it
 */
export async function classifyPaymentEvent(query: Queryable, event: PaymentEvent): Promise<ClassifiedEvent> {
  const parsed = paymentEvent.safeParse(event)
  if (!parsed.success) throw new AppError('bad_input', { message: 'The event cannot be read.', cause: parsed.error })
  const order = await findOrder(query, parsed.data)
  return order === undefined ? { type: 'ignored' } : classifyForOrder(order, parsed.data)
}

/** Pure. */
export function classifyForOrder(order: OrderState, event: PaymentEvent): ClassifiedEvent {
  const isUnsecured =
    event.kind === 'payment' && event.result.status !== 'captured' && event.result.status !== 'authorised'
  if (order.status === 'placed' && order.payment.intentId === null && !isUnsecured)
    return {
      type: 'early',
      envelope: { kind: 'payment-event', id: event.eventId, message: { type: 'deliver', event } },
    }
  return isRelevant(order, event)
    ? { type: 'relevant', orderId: order.id, message: messageOf(event) }
    : { type: 'ignored' }
}

async function findOrder(query: Queryable, { orderId, intentId }: PaymentEvent): Promise<OrderState | undefined> {
  if (orderId === null) return findOrderByIntent(query, intentId)
  return idSchema.safeParse(orderId).success ? loadOrder(query, orderId) : undefined
}

/** A filter that saves turns for frequent repetitions. The order's own rules decide about everything that passes. */
function isRelevant({ payment }: OrderState, event: PaymentEvent): boolean {
  if (event.kind !== 'payment' || event.intentId !== payment.intentId) return true
  const { result } = event
  if (result.status === 'captured')
    return payment.capturedMinor === null || (payment.feeMinor === null && result.feeMinor !== null)
  return result.status === 'authorised' || result.status === 'declined' || result.status === 'voided'
}

function messageOf(event: PaymentEvent): OrderMessage {
  const { intentId } = event
  switch (event.kind) {
    case 'payment':
      return { type: 'paymentResult', intentId, result: event.result }
    case 'refund': {
      const { refundId, providerRefundId, amount: refunded, status } = event
      return { type: 'refundResult', intentId, refundId, providerRefundId, amount: refunded, status }
    }
    case 'dispute': {
      const { disputeId, amount: disputed, feeMinor, reason, status } = event
      return { type: 'dispute', intentId, disputeId, amount: disputed, feeMinor, reason, status }
    }
  }
}

export function createPaymentEventEffect({ database }: Services): EffectKind<Delivery> {
  return {
    kind: 'payment-event',
    version: 1,
    reads: [1],
    message,
    concurrency: 8,
    timeoutMs: 10_000,
    attemptsMax: 100,
    async run({ event }): Promise<EffectResult> {
      const classified = await classifyPaymentEvent(database.query, event)
      switch (classified.type) {
        case 'ignored':
          return { outbox: [] }
        // The wait ends at the order's payment deadline at the latest: a cancelled order makes no event early.
        case 'early':
          throw new RetryLaterError('the order does not know this payment yet')
        case 'relevant':
          return { outcome: { kind: 'order', id: classified.orderId, message: classified.message } }
      }
    },
  }
}
