import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  bigint,
} from 'drizzle-orm/pg-core'
import type { Address } from '#schemas'
import type { AttentionReason, DifferenceKind, LedgerAccount, MoneyKind, RefundMethod } from './admin.contract.ts'
import type {
  DisputeStatus,
  FulfilledLine,
  FulfilmentStatus,
  OrderStatus,
  PaymentStatus,
  RefundStatus,
  ReturnedLine,
  Role,
} from './contract.ts'

export const orderSchema = pgSchema('order')

const moment = (name: string) => timestamp(name, { withTimezone: true })
const minor = (name: string) => bigint(name, { mode: 'number' })

export const carts = orderSchema.table(
  'cart',
  {
    /** Random: for a guest's cart, knowing the id is the right to use it. */
    id: uuid().primaryKey(),
    version: integer().notNull(),
    currency: text().notNull(),
    locale: text().$type<'en' | 'zh'>().notNull(),
    userId: uuid('user_id'),
    lines: jsonb().$type<{ sku: string; quantity: number }[]>().notNull(),
    /** Set once the cart has been ordered; it then takes no more changes. */
    orderId: uuid('order_id'),
    createdAt: moment('created_at')
      .notNull()
      .default(sql`now()`),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    // No index but a BRIN covers the columns that placing an order changes, so that placing is a cheap in-page (HOT) update.
    index('cart_user')
      .on(table.userId)
      .where(sql`user_id is not null`),
    index('cart_touched').using('brin', table.updatedAt),
  ],
)

export const orders = orderSchema.table(
  'orders',
  {
    id: uuid().primaryKey(),
    number: text().notNull(),
    cartId: uuid('cart_id').notNull(),
    userId: uuid('user_id'),
    status: text().$type<OrderStatus>().notNull(),
    paymentStatus: text('payment_status').$type<PaymentStatus>().notNull(),
    fulfilmentStatus: text('fulfilment_status').$type<FulfilmentStatus>().notNull(),
    /** The role that requested the cancellation, while it is under way and afterwards. */
    cancelledBy: text('cancelled_by').$type<Role>(),
    /** Whether the order has rows in the tables of fulfilments, cancellations, returns, refunds or disputes. */
    hasRecords: boolean('has_records').notNull().default(false),
    /** What staff must look at; null for nothing. */
    attention: jsonb().$type<AttentionReason[]>(),
    /** Set while the order is `fulfilled`: time of its last parcel, from which the time for returns runs. */
    lastSentAt: moment('last_sent_at'),
    version: integer().notNull(),
    currency: text().notNull(),
    locale: text().$type<'en' | 'zh'>().notNull(),
    email: text().notNull(),
    /** The network that the order came from, as a keyed hash: limits count by it, and it reveals no address. */
    source: text(),
    /** Set while the order is on hold for review by staff. */
    reviewSince: moment('review_since'),
    shippingAddress: jsonb('shipping_address').$type<Address>().notNull(),
    billingAddress: jsonb('billing_address').$type<Address>(),
    shippingOption: jsonb('shipping_option').$type<{ id: string; name: string }>().notNull(),
    itemsMinor: minor('items_minor').notNull(),
    discountMinor: minor('discount_minor').notNull(),
    shippingMinor: minor('shipping_minor').notNull(),
    taxMinor: minor('tax_minor').notNull(),
    taxIncluded: boolean('tax_included').notNull(),
    totalMinor: minor('total_minor').notNull(),
    paymentDeadline: moment('payment_deadline'),
    placedAt: moment('placed_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('orders_number').on(table.number),
    // One order per cart, enforced even against faulty code.
    uniqueIndex('orders_cart').on(table.cartId),
    index('orders_user')
      .on(table.userId, table.placedAt, table.id)
      .where(sql`user_id is not null`),
    index('orders_placed').on(table.placedAt, table.id),
    // Serves equality and prefixes of the normalised address.
    index('orders_email').on(sql`lower(${table.email}) text_pattern_ops`, table.placedAt),
    index('orders_source')
      .on(table.source, table.placedAt)
      .where(sql`source is not null`),
    // Partial, on columns of their own: an order has no entry until it is sent, and paying it stays an in-page update.
    index('orders_last_sent')
      .on(table.lastSentAt)
      .where(sql`last_sent_at is not null`),
    index('orders_attention')
      .on(table.placedAt, table.id)
      .where(sql`attention is not null`),
  ],
)

export const orderLines = orderSchema.table(
  'order_line',
  {
    orderId: uuid('order_id').notNull(),
    position: integer().notNull(),
    sku: text().notNull(),
    productId: uuid('product_id').notNull(),
    title: text().notNull(),
    quantity: integer().notNull(),
    unitPriceMinor: minor('unit_price_minor').notNull(),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.position] })],
)

/** An order's timeline, append-only. */
export const orderEvents = orderSchema.table(
  'order_event',
  {
    orderId: uuid('order_id').notNull(),
    position: integer().notNull(),
    at: moment('at').notNull(),
    event: text().notNull(),
    /** For the buyer: a message, or a particular such as a tracking number. */
    detail: text(),
    /** For staff only: a reason, or the provider's code or id. */
    note: text(),
    /** The role that acted; null in entries older than this column. */
    role: text().$type<Role>(),
    userId: uuid('user_id'),
    /** The whole entry is visible to staff only. */
    isInternal: boolean('is_internal').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.position] })],
)

/** An order's payment: the state the shop wants at the payment provider, and the state it knows. */
export const payments = orderSchema.table(
  'payment',
  {
    orderId: uuid('order_id').primaryKey(),
    provider: text().notNull(),
    methodId: text('method_id').notNull(),
    token: text(),
    /** The provider's id, stored before anything is charged. */
    intentId: text('intent_id'),
    /** The buyer's attempts to pay so far. */
    attempt: integer().notNull(),
    /** Desired state at the provider; `refund` is written by the previous release only. */
    wanted: text().$type<'capture' | 'void' | 'refund' | 'nothing'>().notNull(),
    /** Page where the buyer confirms the payment with the bank, while the bank requires it. */
    actionUrl: text('action_url'),
    /** `now` captures the money when the buyer pays; `later` holds it then and captures it at the first fulfilment. */
    capture: text().$type<'now' | 'later'>().notNull().default('now'),
    /** Money held at the provider, neither captured nor released yet. */
    heldMinor: minor('held_minor').notNull().default(0),
    /** Null until the capture, and where a release without this column made the capture. */
    capturedMinor: minor('captured_minor'),
    /** The provider's fee; null until the provider reports it. */
    feeMinor: minor('fee_minor'),
  },
  // Dispute webhooks name the payment only.
  (table) => [
    index('payment_intent')
      .on(table.intentId)
      .where(sql`intent_id is not null`),
  ],
)

/** Parcels sent, with their tracking; append-only. */
export const fulfilments = orderSchema.table(
  'fulfilment',
  {
    orderId: uuid('order_id').notNull(),
    id: uuid().notNull(),
    at: moment('at').notNull(),
    lines: jsonb().$type<FulfilledLine[]>().notNull(),
    carrier: text(),
    trackingNumber: text('tracking_number'),
    trackingUrl: text('tracking_url'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

/** Quantities that were ordered and will not be sent; append-only. */
export const cancellations = orderSchema.table(
  'cancellation',
  {
    orderId: uuid('order_id').notNull(),
    id: uuid().notNull(),
    at: moment('at').notNull(),
    lines: jsonb().$type<FulfilledLine[]>().notNull(),
    reason: text().notNull(),
    refundId: text('refund_id'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

/** Goods that came back; append-only. */
export const returns = orderSchema.table(
  'order_return',
  {
    orderId: uuid('order_id').notNull(),
    id: uuid().notNull(),
    at: moment('at').notNull(),
    lines: jsonb().$type<ReturnedLine[]>().notNull(),
    reason: text().notNull(),
    refundId: text('refund_id'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

export const refunds = orderSchema.table(
  'refund',
  {
    orderId: uuid('order_id').notNull(),
    /** Our id, which the provider stores with the refund; the provider's id for a refund made in its dashboard. */
    id: text().notNull(),
    intentId: text('intent_id').notNull(),
    amountMinor: minor('amount_minor').notNull(),
    /** The lines that are refunded; null for an amount that names none. */
    lines: jsonb().$type<FulfilledLine[]>(),
    /** Parts of the amount; the tax is part of the rest where prices include it. */
    shippingMinor: minor('shipping_minor').notNull().default(0),
    taxMinor: minor('tax_minor').notNull().default(0),
    method: text().$type<RefundMethod>().notNull().default('provider'),
    /** Id of the failed refund that is made again. */
    replaces: text(),
    reason: text().notNull(),
    status: text().$type<RefundStatus>().notNull(),
    /** Set once the provider has accepted the refund. */
    providerRefundId: text('provider_refund_id'),
    /** The provider's code of a failed refund. */
    failure: text(),
    requestedAt: moment('requested_at').notNull(),
    /** When it succeeded or failed; null while it is pending. */
    settledAt: moment('settled_at'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

export const disputes = orderSchema.table(
  'dispute',
  {
    orderId: uuid('order_id').notNull(),
    /** The provider's id. */
    id: text().notNull(),
    amountMinor: minor('amount_minor').notNull(),
    feeMinor: minor('fee_minor').notNull(),
    reason: text().notNull(),
    status: text().$type<DisputeStatus>().notNull(),
    openedAt: moment('opened_at').notNull(),
    closedAt: moment('closed_at'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

/**
 * Double-entry ledger, append-only: the entries of one movement sum to zero, and triggers reject anything else. A
 * movement's id is derived from its cause, such as `capture:pi_1`, so that a cause reported twice is booked once.
 */
export const ledgerEntries = orderSchema.table(
  'ledger_entry',
  {
    orderId: uuid('order_id').notNull(),
    movementId: text('movement_id').notNull(),
    account: text().$type<LedgerAccount>().notNull(),
    kind: text().$type<MoneyKind>().notNull(),
    currency: text().notNull(),
    /** Debits are positive, credits negative. */
    amountMinor: minor('amount_minor').notNull(),
    at: moment('at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orderId, table.movementId, table.account] }),
    // Entries are written in order of time: a BRIN finds a range in a few pages and costs next to nothing to maintain.
    index('ledger_entry_at').using('brin', table.at),
  ],
)

/** One comparison of the shop's ledger with the provider's books. */
export const reconciliationRuns = orderSchema.table(
  'reconciliation_run',
  {
    id: uuid().primaryKey(),
    windowFrom: moment('window_from').notNull(),
    windowTo: moment('window_to').notNull(),
    finishedAt: moment('finished_at').notNull(),
    /** Movements compared: in the shop's ledger (`here`) and on the provider's books (`there`). */
    here: integer().notNull(),
    there: integer().notNull(),
    differences: integer().notNull(),
    /** Whether this is the daily report; the next daily report begins at its oldest difference. */
    isDaily: boolean('is_daily').notNull(),
  },
  (table) => [index('reconciliation_run_finished').on(table.finishedAt, table.id)],
)

export const reconciliationDifferences = orderSchema.table(
  'reconciliation_difference',
  {
    runId: uuid('run_id').notNull(),
    position: integer().notNull(),
    kind: text().$type<DifferenceKind>().notNull(),
    movement: text().notNull(),
    orderId: uuid('order_id').notNull(),
    providerId: text('provider_id'),
    currency: text().notNull(),
    hereMinor: minor('here_minor'),
    thereMinor: minor('there_minor'),
    at: moment('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.position] })],
)
