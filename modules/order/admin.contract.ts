import { z } from 'zod'
import {
  idempotencyKeySchema,
  idSchema,
  moneySchema,
  pageSchema,
  quantitySchema,
  skuSchema,
  timestampSchema,
  type Money,
  type Page,
  type Timestamp,
} from '#schemas'
import {
  cartLinesMax,
  fulfilmentStatuses,
  orderStatuses,
  paymentStatuses,
  type DisputeStatus,
  type Order,
  type Refund,
  type ReturnedLine,
  type TimelineEntry,
} from './contract.ts'

/** What staff send and get. Imports shapes alone, as contract.ts. */

const reason = z.string().trim().min(1).max(500)
const refundAmount = moneySchema.extend({ amount: z.int().min(1) })
const linesOf = <Line extends z.ZodType>(line: Line) => z.array(line).min(1).max(cartLinesMax)
const line = z.strictObject({ sku: skuSchema, quantity: quantitySchema })
const one = { id: idSchema, idempotencyKey: idempotencyKeySchema }

export const adminListInput = z
  .strictObject({
    ...pageSchema.shape,
    status: z.enum(orderStatuses).optional(),
    paymentStatus: z.enum(paymentStatuses).optional(),
    fulfilmentStatus: z.enum(fulfilmentStatuses).optional(),
    number: z.string().trim().toUpperCase().min(1).max(20).optional(),
    /** From then on, and before then. */
    placedFrom: timestampSchema.optional(),
    placedTo: timestampSchema.optional(),
  })
  .optional()
export const adminGetInput = z.strictObject({ id: idSchema })
export const adminCancelInput = z.strictObject({ ...one, reason })
export const adminCaptureInput = z.strictObject(one)
export const adminFulfilInput = z.strictObject({
  ...one,
  /** All that is left, unless given. */
  lines: linesOf(line).optional(),
  carrier: z.string().trim().min(1).max(100).optional(),
  trackingNumber: z.string().trim().min(1).max(100).optional(),
  trackingUrl: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://carrier.example/1' })
    .max(500)
    .optional(),
})
export const adminReturnInput = z.strictObject({
  ...one,
  lines: linesOf(line.extend({ restock: z.boolean() })),
  reason,
  /** Given back with it. */
  refund: refundAmount.optional(),
})
export const adminRefundInput = z.strictObject({
  ...one,
  /** All that is left, unless given. */
  amount: refundAmount.optional(),
  reason,
})
export const adminNoteInput = z.strictObject({ ...one, text: z.string().trim().min(1).max(2_000) })
export const reconciliationListInput = z.strictObject({ ...pageSchema.shape }).optional()
export const reconciliationGetInput = z.strictObject({ id: idSchema })
/** The window of the daily report unless given; at most 31 days of it. */
export const reconciliationRunInput = z
  .strictObject({ from: timestampSchema.optional(), to: timestampSchema.optional() })
  .optional()

export interface AdminTimelineEntry extends TimelineEntry {
  /** Which of the staff. */
  userId: string | null
  /** Buyers do not see it. */
  isInternal: boolean
}

export interface AdminPayment {
  provider: string
  methodId: string
  /** The provider's id. */
  intentId: string | null
  /** Counts the times the buyer has tried to pay. */
  attempt: number
  capture: 'now' | 'later'
  held: Money
  captured: Money
  /** What can still be refunded. */
  refundable: Money
  /** What the provider keeps; null until it says so. */
  fee: Money | null
}

export interface AdminRefund extends Refund {
  reason: string
  intentId: string
  providerRefundId: string | null
  /** The provider's code, where it failed. */
  failure: string | null
}

export interface AdminDispute {
  /** The provider's. */
  id: string
  amount: Money
  fee: Money
  reason: string
  status: DisputeStatus
  openedAt: Timestamp
  closedAt: Timestamp | null
}

/** One entry of the ledger: debits are positive, credits negative; those of one movement sum to zero. */
export interface AdminLedgerEntry {
  movementId: string
  kind: string
  account: string
  amount: Money
  at: Timestamp
}

/** Everything there is of an order. */
export interface AdminOrder extends Omit<Order, 'refunds' | 'returns' | 'timeline'> {
  userId: string | null
  payment: AdminPayment
  refunds: AdminRefund[]
  returns: { id: string; at: Timestamp; lines: ReturnedLine[]; reason: string; refundId: string | null }[]
  disputes: AdminDispute[]
  ledger: AdminLedgerEntry[]
  timeline: AdminTimelineEntry[]
}

export const differenceKinds = ['missing_here', 'missing_there', 'amount_differs'] as const
export type DifferenceKind = (typeof differenceKinds)[number]

/** A movement that our ledger and the provider's books do not agree on. */
export interface Difference {
  kind: DifferenceKind
  movement: string
  orderId: string
  /** The provider's id of the movement; null where it has none. */
  providerId: string | null
  here: Money | null
  there: Money | null
  at: Timestamp
}

export interface ReconciliationSummary {
  id: string
  from: Timestamp
  to: Timestamp
  finishedAt: Timestamp
  /** Movements compared: in our ledger, and on the provider's books. */
  here: number
  there: number
  differences: number
}

export interface Reconciliation extends Omit<ReconciliationSummary, 'differences'> {
  differences: Difference[]
  /** There are more than a report holds. */
  isCut: boolean
}

export type ReconciliationPage = Page<ReconciliationSummary>
