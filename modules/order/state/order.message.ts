import { z } from 'zod'
import { moneySchema, quantityMax } from '#schemas'
import { roles } from '../contract.ts'

/**
 * What an order can be told. Only `paymentDeadline` travels as mail: everything else is a command or an outcome, made
 * and handled in one process, so that what is added here needs no other program to read it (README, "Versions").
 */

const at = { intentId: z.string() }

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

const who = z.object({ role: z.enum(roles), userId: z.string().nullable() })
export type Who = z.infer<typeof who>

const quantity = z.int().min(1).max(quantityMax)
const sentLine = z.object({ sku: z.string(), quantity })

export const orderMessage = z.discriminatedUnion('type', [
  /** The provider has opened a payment; its id is kept before anything is charged. */
  z.object({ type: z.literal('paymentOpened'), ...at, attempt: z.int() }),
  /** It may have been charged: the reply was lost. `round` counts the provider's definite failures so far. */
  z.object({ type: z.literal('paymentUnknown'), ...at, attempt: z.int(), round: z.int() }),
  /** What the payment has come to. Without `attempt`: told by the provider's webhook, or asked for by a later step. */
  z.object({ type: z.literal('paymentResult'), ...at, result: paymentResult, attempt: z.int().optional() }),
  /** What became of a refund: of ours, or (`refundId` null) of one made on the provider's own pages. */
  z.object({
    type: z.literal('refundResult'),
    ...at,
    refundId: z.string().nullable(),
    providerRefundId: z.string().nullable(),
    amount: moneySchema,
    status: z.enum(['pending', 'succeeded', 'failed']),
    code: z.string().optional(),
  }),
  z.object({
    type: z.literal('dispute'),
    ...at,
    disputeId: z.string(),
    amount: moneySchema,
    feeMinor: z.int(),
    reason: z.string(),
    status: z.enum(['opened', 'won', 'lost']),
  }),
  /** The version before asked for a refund in its own way, in the order's row. */
  z.object({ type: z.literal('refundWanted') }),
  /** The timer that was set when the order was placed. */
  z.object({ type: z.literal('paymentDeadline') }),
  z.object({ type: z.literal('pay'), methodId: z.string(), token: z.string() }),
  z.object({ type: z.literal('cancel'), by: who, reason: z.string().optional() }),
  z.object({ type: z.literal('capture'), by: who }),
  z.object({
    type: z.literal('fulfil'),
    by: who,
    fulfilmentId: z.string(),
    /** All that is left, unless given. */
    lines: z.array(sentLine).optional(),
    carrier: z.string().nullable(),
    trackingNumber: z.string().nullable(),
    trackingUrl: z.string().nullable(),
  }),
  z.object({
    type: z.literal('return'),
    by: who,
    returnId: z.string(),
    refundId: z.string(),
    lines: z.array(sentLine.extend({ restock: z.boolean() })),
    reason: z.string(),
    refund: moneySchema.optional(),
  }),
  /** All that is left, unless an amount is given. */
  z.object({
    type: z.literal('refund'),
    by: who,
    refundId: z.string(),
    amount: moneySchema.optional(),
    reason: z.string(),
  }),
  z.object({ type: z.literal('note'), by: who, text: z.string() }),
  /** Nothing more is to happen to it: its time to be returned is over. */
  z.object({ type: z.literal('close') }),
])

export type OrderMessage = z.infer<typeof orderMessage>
export type MessageOf<Type extends OrderMessage['type']> = Extract<OrderMessage, { type: Type }>
type PaymentResultMessage = MessageOf<'paymentResult'>
export type ResultOf<Status extends PaymentResultMessage['result']['status']> = Omit<PaymentResultMessage, 'result'> & {
  result: Extract<PaymentResultMessage['result'], { status: Status }>
}
