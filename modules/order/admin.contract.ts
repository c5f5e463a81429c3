import { z } from 'zod'
import {
  freeText,
  idempotencyKeySchema,
  idSchema,
  moneySchema,
  opaque,
  pageSchema,
  quantitySchema,
  singleLine,
  skuSchema,
  timestampSchema,
  webAddressSchema,
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
  type FulfilledLine,
  type Order,
  type Refund,
  type ReturnedLine,
  type TimelineEntry,
} from './contract.ts'

/** Inputs and outputs of `order.admin.*`. Imports only the shared schemas and contract.ts. */

/** For staff only: kept with the order and in its audit, and never shown to the buyer. */
const reason = freeText(500)
/** For the buyer: shown in the order's timeline. */
const message = freeText(500).optional()
/** Why an order needs staff: a refund failed and is still owed, the buyer's bank disputes the payment, sent goods were not paid, an order is refunded whole and has unsent lines. */
export const attentionReasons = ['refund_failed', 'disputed', 'capture_failed', 'refunded_unsent', 'on_hold'] as const
export type AttentionReason = (typeof attentionReasons)[number]

/** `provider` returns the money the way it came. `outside` is paid by staff by other means. */
export const refundMethods = ['provider', 'outside'] as const
export type RefundMethod = (typeof refundMethods)[number]

const refundAmount = moneySchema.extend({ amount: z.int().min(1) })
const linesOf = <Line extends z.ZodType>(line: Line) => z.array(line).min(1).max(cartLinesMax)
const line = z.strictObject({ sku: skuSchema, quantity: quantitySchema })
const target = { id: idSchema, idempotencyKey: idempotencyKeySchema }

export const adminListInput = z
  .strictObject({
    ...pageSchema.shape,
    status: z.enum(orderStatuses).optional(),
    paymentStatus: z.enum(paymentStatuses).optional(),
    fulfilmentStatus: z.enum(fulfilmentStatuses).optional(),
    /** Orders that need staff for this reason, or for any. */
    attention: z.enum([...attentionReasons, 'any']).optional(),
    /** In any form, such as `#7k3m9 qxt2f`. */
    number: singleLine(40).optional(),
    /** A whole address, or the beginning of one. */
    email: singleLine(254).optional(),
    /** `placedFrom` is inclusive, `placedTo` exclusive. */
    placedFrom: timestampSchema.optional(),
    placedTo: timestampSchema.optional(),
  })
  .optional()
export const adminGetInput = z.strictObject({ id: idSchema })
export const adminCancelInput = z.strictObject({ ...target, reason, message })
export const adminCancelLinesInput = z.strictObject({
  ...target,
  /** Everything not sent yet, unless given. */
  lines: linesOf(line).optional(),
  /** Whether the shipping is refunded too, as far as it was not refunded yet. */
  refundShipping: z.boolean().optional(),
  reason,
  message,
})
export const adminCaptureInput = z.strictObject(target)
export const adminFulfilInput = z.strictObject({
  ...target,
  /** Everything not sent yet, unless given. */
  lines: linesOf(line).optional(),
  carrier: singleLine(100).optional(),
  trackingNumber: singleLine(100).optional(),
  trackingUrl: webAddressSchema.optional(),
})
export const adminReturnInput = z.strictObject({
  ...target,
  lines: linesOf(line.extend({ restock: z.boolean() })),
  reason,
  message,
  /** Refund of this amount; none unless given. At most the worth of everything that has come back, and the shipping. */
  refund: refundAmount.optional(),
  /** Refund of the worth of the returned lines, with their tax. */
  refundLines: z.boolean().optional(),
  /** Refund of the shipping, as far as it was not refunded yet. */
  refundShipping: z.boolean().optional(),
})
export const adminRefundInput = z.strictObject({
  ...target,
  /** Everything still refundable, unless an amount, lines, the shipping or a failed refund is given. */
  amount: refundAmount.optional(),
  /** Refund of the worth of these lines, with their tax. */
  lines: linesOf(line).optional(),
  /** Refund of the shipping, as far as it was not refunded yet. */
  refundShipping: z.boolean().optional(),
  /** Id of a failed refund that is made again. */
  failedRefundId: opaque(255).optional(),
  /** `outside`: staff have paid the money back by other means, such as a bank transfer, and it is only booked. */
  method: z.enum(refundMethods).optional(),
  reason,
  message,
})
/** `reason` is for staff only. */
export const adminReleaseInput = z.strictObject({ ...target, reason: reason.optional() })
export const adminNoteInput = z.strictObject({ ...target, text: freeText(2_000) })
export const reconciliationListInput = z.strictObject({ ...pageSchema.shape }).optional()
export const reconciliationGetInput = z.strictObject({ id: idSchema })
/** The window of the report, at most 31 days; that of the daily report unless given. */
export const reconciliationRunInput = z
  .strictObject({ from: timestampSchema.optional(), to: timestampSchema.optional() })
  .optional()

export interface AdminTimelineEntry extends TimelineEntry {
  /** For staff only: the reason, or the provider's code or id. */
  note: string | null
  /** The account that acted; null for a guest, the provider and the shop itself. */
  userId: string | null
  /** Visible to staff only. */
  isInternal: boolean
}

export interface AdminPayment {
  provider: string
  methodId: string
  /** The provider's id of the payment. */
  intentId: string | null
  /** The buyer's attempts to pay so far. */
  attempt: number
  capture: 'now' | 'later'
  held: Money
  captured: Money
  /** The amount that can still be refunded. */
  refundable: Money
  /** The provider's fee; null until the provider reports it. */
  fee: Money | null
}

export interface AdminRefund extends Refund {
  reason: string
  method: RefundMethod
  /** Id of the failed refund that it makes again. */
  replaces: string | null
  intentId: string
  providerRefundId: string | null
  /** The provider's code of a failed refund. */
  failure: string | null
}

export interface AdminDispute {
  /** The provider's id. */
  id: string
  amount: Money
  fee: Money
  reason: string
  status: DisputeStatus
  openedAt: Timestamp
  closedAt: Timestamp | null
}

/**
 * Accounts of the ledger. The balance of `provider` is what the payment provider owes the shop; `bank` is the shop's own
 * account, from which staff pay back what the provider cannot.
 */
export type LedgerAccount = 'provider' | 'bank' | 'sales' | 'refunds' | 'fees' | 'disputes' | 'held' | 'holds'

/** Kinds of money movements in the ledger. `hold` is money that the buyer's bank reserves for the shop. */
export type MoneyKind =
  | 'hold'
  | 'hold_released'
  | 'capture'
  | 'fee'
  | 'fee_returned'
  | 'refund'
  | 'refund_failed'
  | 'refund_outside'
  | 'dispute'
  | 'dispute_won'

/** One entry of the ledger: debits are positive, credits negative; the entries of one movement sum to zero. */
export interface AdminLedgerEntry {
  movementId: string
  kind: MoneyKind
  account: LedgerAccount
  amount: Money
  at: Timestamp
}

/** An order in staff's lists. */
export interface AdminListedOrder extends Order {
  attention: AttentionReason[]
}
export type AdminOrderPage = Page<AdminListedOrder>

/** An order with its payment, refunds, disputes, ledger and whole timeline. */
export interface AdminOrder extends Omit<AdminListedOrder, 'cancellations' | 'refunds' | 'returns' | 'timeline'> {
  userId: string | null
  payment: AdminPayment
  cancellations: { id: string; at: Timestamp; lines: FulfilledLine[]; reason: string; refundId: string | null }[]
  refunds: AdminRefund[]
  returns: { id: string; at: Timestamp; lines: ReturnedLine[]; reason: string; refundId: string | null }[]
  disputes: AdminDispute[]
  ledger: AdminLedgerEntry[]
  timeline: AdminTimelineEntry[]
}

export const differenceKinds = ['missing_here', 'missing_there', 'amount_differs'] as const
export type DifferenceKind = (typeof differenceKinds)[number]

/** A movement on which the shop's ledger (`here`) and the provider's books (`there`) disagree. */
export interface Difference {
  kind: DifferenceKind
  movement: string
  orderId: string
  /** The provider's id of the movement; null where the provider has no such movement. */
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
  /** Movements compared: in the shop's ledger, and on the provider's books. */
  here: number
  there: number
  differences: number
}

export interface Reconciliation extends Omit<ReconciliationSummary, 'differences'> {
  differences: Difference[]
  /** Whether there are more differences than a report holds. */
  isCut: boolean
}

export type ReconciliationPage = Page<ReconciliationSummary>
