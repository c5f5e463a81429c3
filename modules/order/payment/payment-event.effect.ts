import { z } from 'zod'
import { RetryLaterError, type EffectKind, type EffectResult, type Envelope } from '#actor'
import type { Queryable } from '#db'
import type { PaymentEvent } from '#outbound'
import type { Services } from '#services'
import { idSchema, moneySchema } from '#schemas'
import { paymentResult, type OrderMessage } from '../state/order.message.ts'
import { findOrderByIntent, loadOrder } from '../state/order.store.ts'
import type { OrderState } from '../state/order.state.ts'

/** What the provider tells by webhook, put into the order's terms; kept until the order knows the payment it is about. */

const about = { eventId: z.string().min(1).max(255), intentId: z.string().min(1).max(255) }
const unsaid = z.string().max(255).nullable()
const amount = moneySchema.extend({ amount: z.int().positive() })

const paymentEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('payment'), ...about, orderId: z.string(), result: paymentResult }),
  z.object({
    kind: z.literal('refund'),
    ...about,
    orderId: unsaid,
    refundId: unsaid,
    providerRefundId: z.string().min(1).max(255),
    amount,
    status: z.enum(['pending', 'succeeded', 'failed']),
  }),
  z.object({
    kind: z.literal('dispute'),
    ...about,
    orderId: unsaid,
    disputeId: z.string().min(1).max(255),
    amount,
    feeMinor: z.int(),
    reason: z.string().max(255),
    status: z.enum(['opened', 'won', 'lost']),
  }),
])

const message = z.object({ type: z.literal('note'), event: paymentEvent })
type Note = z.infer<typeof message>

/** What to do with an event at this moment. */
export type EventClass =
  /** Not about an order of ours, or no news. */
  | { form: 'nothing' }
  /** Ahead of our own commit: it is to be kept until the order knows its payment. */
  | { form: 'ahead'; envelope: Envelope }
  | { form: 'news'; orderId: string; message: OrderMessage }

/**
 * The provider hears of an order after its commit, so an order that is not there is not ours: another program on the same
 * account has ids of its own making.
 */
export async function classifyPaymentEvent(query: Queryable, told: PaymentEvent): Promise<EventClass> {
  const parsed = paymentEvent.safeParse(told)
  if (!parsed.success) return { form: 'nothing' }
  const order = await findOrder(query, parsed.data)
  return order === undefined ? { form: 'nothing' } : classify(order, parsed.data)
}

/** Pure. */
export function classify(order: OrderState, event: PaymentEvent): EventClass {
  const isQuiet = event.kind === 'payment' && event.result.status !== 'captured' && event.result.status !== 'authorised'
  if (order.status === 'placed' && order.payment.intentId === null && !isQuiet)
    return { form: 'ahead', envelope: { kind: 'payment-event', id: event.eventId, message: { type: 'note', event } } }
  return isNews(order, event) ? { form: 'news', orderId: order.id, message: messageOf(event) } : { form: 'nothing' }
}

async function findOrder(query: Queryable, { orderId, intentId }: PaymentEvent): Promise<OrderState | undefined> {
  if (orderId === null) return findOrderByIntent(query, intentId)
  return idSchema.safeParse(orderId).success ? loadOrder(query, orderId) : undefined
}

/** Spares a turn for what comes again and again; whatever passes is judged by the order's own rules. */
function isNews({ payment }: OrderState, event: PaymentEvent): boolean {
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

export function createPaymentEventEffect({ database }: Services): EffectKind<Note> {
  return {
    kind: 'payment-event',
    version: 1,
    reads: [1],
    message,
    concurrency: 8,
    timeoutMs: 10_000,
    attemptsMax: 100,
    async run({ event }): Promise<EffectResult> {
      const heard = await classifyPaymentEvent(database.query, event)
      switch (heard.form) {
        case 'nothing':
          return { outbox: [] }
        // Over at the order's payment deadline at the latest: a cancelled order waits for no payment.
        case 'ahead':
          throw new RetryLaterError('the order does not know this payment yet')
        case 'news':
          return { outcome: { kind: 'order', id: heard.orderId, message: heard.message } }
      }
    },
  }
}
