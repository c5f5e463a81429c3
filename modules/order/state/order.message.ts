import { z } from 'zod'
import { moneySchema, quantityMax } from '#schemas'
import { refundMethods } from '../admin.contract.ts'
import { roles } from '../contract.ts'

/**
 * Messages that an order receives. Only `paymentDeadline` goes through the mailbox. All others are commands or outcomes,
 * made and handled in one process, so a new type here is never read by another release (README, "Message versions").
 */

const payment = { intentId: z.string() }
/** Time that the order keeps its stock after a decline, s; until its deadline unless given. */
const declined = { retrySeconds: z.int().optional() }

/** Mirrors `PaymentResult` of the provider's interface. */
export const paymentResult = z.discriminatedUnion('status', [
  z.object({ status: z.literal('open') }),
  z.object({ status: z.literal('requires_action'), url: z.string().nullable() }),
  z.object({ status: z.literal('processing') }),
  z.object({ status: z.literal('authorised'), amountMinor: z.int() }),
  z.object({ status: z.literal('captured'), amountMinor: z.int(), feeMinor: z.int().nullable() }),
  z.object({ status: z.literal('declined'), code: z.string() }),
  z.object({ status: z.literal('voided') }),
])

const initiator = z.object({ role: z.enum(roles), userId: z.string().nullable() })
export type Initiator = z.infer<typeof initiator>

const quantity = z.int().min(1).max(quantityMax)
const sentLine = z.object({ sku: z.string(), quantity })

export const orderMessage = z.discriminatedUnion('type', [
  /** The provider has opened a payment. Its id is stored before anything is charged. */
  z.object({ type: z.literal('paymentOpened'), ...payment, attempt: z.int() }),
  /** The reply to a charge was lost, so it may have been made. `round` counts the provider's definite failures so far. */
  z.object({ type: z.literal('paymentUnknown'), ...payment, attempt: z.int(), round: z.int() }),
  /** The provider rejects the payment of this attempt for good: nothing was charged. */
  z.object({
    type: z.literal('paymentRejected'),
    intentId: z.string().nullable(),
    attempt: z.int(),
    code: z.string(),
    ...declined,
  }),
  /** The status of the payment. Without `attempt` it comes from a webhook, or from a step after the charge. */
  z.object({
    type: z.literal('paymentResult'),
    ...payment,
    result: paymentResult,
    attempt: z.int().optional(),
    ...declined,
  }),
  /** The status of a refund: of ours, or, with a null `refundId`, of one made in the provider's dashboard. */
  z.object({
    type: z.literal('refundResult'),
    ...payment,
    refundId: z.string().nullable(),
    providerRefundId: z.string().nullable(),
    amount: moneySchema,
    status: z.enum(['pending', 'succeeded', 'failed']),
    code: z.string().optional(),
  }),
  z.object({
    type: z.literal('dispute'),
    ...payment,
    disputeId: z.string(),
    amount: moneySchema,
    feeMinor: z.int(),
    reason: z.string(),
    status: z.enum(['opened', 'won', 'lost']),
  }),
  /** The previous release requested a refund by `payment.wanted` in the order's row. */
  z.object({ type: z.literal('refundWanted') }),
  /** The timer that was set when the order was placed. */
  z.object({ type: z.literal('paymentDeadline') }),
  /** `attemptsMax`: attempts to pay before the order is put on hold; no limit unless given. */
  z.object({
    type: z.literal('pay'),
    methodId: z.string(),
    token: z.string(),
    attemptsMax: z.int().optional(),
  }),
  z.object({ type: z.literal('hold'), by: initiator, note: z.string() }),
  z.object({ type: z.literal('release'), by: initiator, note: z.string().optional() }),
  /** A buyer's reason is shown to the buyer; staff's is not, their message is. The same holds for all messages below. */
  z.object({ type: z.literal('cancel'), by: initiator, reason: z.string().optional(), message: z.string().optional() }),
  z.object({
    type: z.literal('cancelLines'),
    by: initiator,
    cancellationId: z.string(),
    refundId: z.string(),
    /** Everything not sent yet, unless given. */
    lines: z.array(sentLine).optional(),
    refundShipping: z.boolean().optional(),
    reason: z.string(),
    message: z.string().optional(),
  }),
  z.object({ type: z.literal('capture'), by: initiator }),
  z.object({
    type: z.literal('fulfil'),
    by: initiator,
    fulfilmentId: z.string(),
    /** Everything not sent yet, unless given. */
    lines: z.array(sentLine).optional(),
    carrier: z.string().nullable(),
    trackingNumber: z.string().nullable(),
    trackingUrl: z.string().nullable(),
  }),
  z.object({
    type: z.literal('return'),
    by: initiator,
    returnId: z.string(),
    refundId: z.string(),
    lines: z.array(sentLine.extend({ restock: z.boolean() })),
    reason: z.string(),
    message: z.string().optional(),
    refund: moneySchema.optional(),
    refundLines: z.boolean().optional(),
    refundShipping: z.boolean().optional(),
  }),
  /** Refunds everything still refundable unless an amount, lines, the shipping or a failed refund is given. */
  z.object({
    type: z.literal('refund'),
    by: initiator,
    refundId: z.string(),
    amount: moneySchema.optional(),
    lines: z.array(sentLine).optional(),
    refundShipping: z.boolean().optional(),
    failedRefundId: z.string().optional(),
    method: z.enum(refundMethods).optional(),
    reason: z.string(),
    message: z.string().optional(),
  }),
  /** The holder of a guest's order has logged in, and takes it into this account. */
  z.object({ type: z.literal('attach'), userId: z.string() }),
  z.object({ type: z.literal('note'), by: initiator, text: z.string() }),
  /** The time for returns is over. */
  z.object({ type: z.literal('close') }),
])

export type OrderMessage = z.infer<typeof orderMessage>
export type MessageOf<Type extends OrderMessage['type']> = Extract<OrderMessage, { type: Type }>
type PaymentResultMessage = MessageOf<'paymentResult'>
export type ResultOf<Status extends PaymentResultMessage['result']['status']> = Omit<PaymentResultMessage, 'result'> & {
  result: Extract<PaymentResultMessage['result'], { status: Status }>
}
