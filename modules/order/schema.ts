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
import type { DifferenceKind } from './admin.contract.ts'
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
import type { LedgerAccount, MoneyKind } from './ledger/ledger.rules.ts'

export const orderSchema = pgSchema('order')

const moment = (name: string) => timestamp(name, { withTimezone: true })
const minor = (name: string) => bigint(name, { mode: 'number' })

export const carts = orderSchema.table(
  'cart',
  {
    /** Random, so that knowing it is the right to use it. */
    id: uuid().primaryKey(),
    version: integer().notNull(),
    currency: text().notNull(),
    locale: text().$type<'en' | 'zh'>().notNull(),
    userId: uuid('user_id'),
    lines: jsonb().$type<{ sku: string; quantity: number }[]>().notNull(),
    /** Set once the cart is ordered; then it takes no more changes. */
    orderId: uuid('order_id'),
    createdAt: moment('created_at')
      .notNull()
      .default(sql`now()`),
    updatedAt: moment('updated_at').notNull(),
  },
  (table) => [
    // No index covers what placing an order changes (BRIN does not count): it is a cheap in-page (HOT) update.
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
    /** Who asked for the cancellation, while and after it happens. */
    cancelledBy: text('cancelled_by').$type<Role>(),
    /** Whether there is anything of it in the tables of fulfilments, returns, refunds and disputes. */
    hasRecords: boolean('has_records').notNull().default(false),
    version: integer().notNull(),
    currency: text().notNull(),
    locale: text().$type<'en' | 'zh'>().notNull(),
    email: text().notNull(),
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
    // One order per cart, whatever the code above may do.
    uniqueIndex('orders_cart').on(table.cartId),
    index('orders_user')
      .on(table.userId, table.placedAt, table.id)
      .where(sql`user_id is not null`),
    index('orders_placed').on(table.placedAt, table.id),
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

/** What happened to an order, in order; never changed, only added to. */
export const orderEvents = orderSchema.table(
  'order_event',
  {
    orderId: uuid('order_id').notNull(),
    position: integer().notNull(),
    at: moment('at').notNull(),
    event: text().notNull(),
    /** Why, or with what. */
    detail: text(),
    /** Who; null in entries from before this was kept. */
    role: text().$type<Role>(),
    userId: uuid('user_id'),
    /** For the staff alone. */
    isInternal: boolean('is_internal').notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.position] })],
)

/** What the shop wants of the payment provider for an order, and what it knows of it. */
export const payments = orderSchema.table(
  'payment',
  {
    orderId: uuid('order_id').primaryKey(),
    provider: text().notNull(),
    methodId: text('method_id').notNull(),
    token: text(),
    /** The provider's id, stored before anything is charged. */
    intentId: text('intent_id'),
    /** Counts the times the buyer has tried to pay. */
    attempt: integer().notNull(),
    wanted: text().$type<'capture' | 'void' | 'refund' | 'nothing'>().notNull(),
    /** Where the buyer confirms the payment with the bank, while it requires that. */
    actionUrl: text('action_url'),
    /** Whether the money is taken when the buyer pays, or held then and taken at the first fulfilment. */
    capture: text().$type<'now' | 'later'>().notNull().default('now'),
    /** Held at the provider, and not yet taken or let go. */
    heldMinor: minor('held_minor').notNull().default(0),
    /** Null until it is captured, and where a version that did not keep it has captured it. */
    capturedMinor: minor('captured_minor'),
    /** What the provider keeps of it; null until it says so. */
    feeMinor: minor('fee_minor'),
  },
  // Disputes name the payment alone.
  (table) => [
    index('payment_intent')
      .on(table.intentId)
      .where(sql`intent_id is not null`),
  ],
)

/** What was sent, and how to follow it; only added to. */
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
  (table) => [primaryKey({ columns: [table.orderId, table.id] }), index('fulfilment_at').on(table.at)],
)

/** What came back; only added to. */
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
    /** Ours, under which the provider finds it again; the provider's for one that was made on its own pages. */
    id: text().notNull(),
    intentId: text('intent_id').notNull(),
    amountMinor: minor('amount_minor').notNull(),
    reason: text().notNull(),
    status: text().$type<RefundStatus>().notNull(),
    /** Set once the provider has taken it on. */
    providerRefundId: text('provider_refund_id'),
    /** The provider's code, where it failed. */
    failure: text(),
    requestedAt: moment('requested_at').notNull(),
    settledAt: moment('settled_at'),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.id] })],
)

export const disputes = orderSchema.table(
  'dispute',
  {
    orderId: uuid('order_id').notNull(),
    /** The provider's. */
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
 * Double entry: the entries of one movement sum to zero (a trigger sees to it), and none is ever changed. A movement's
 * id stands for what happened, such as `capture:pi_1`, so that what is told twice is booked once.
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
    // Entries come in the order of time: a range of it is found in a few pages, and writing costs next to nothing.
    index('ledger_entry_at').using('brin', table.at),
  ],
)

/** One comparison of our ledger with the provider's books. */
export const reconciliationRuns = orderSchema.table(
  'reconciliation_run',
  {
    id: uuid().primaryKey(),
    windowFrom: moment('window_from').notNull(),
    windowTo: moment('window_to').notNull(),
    finishedAt: moment('finished_at').notNull(),
    /** Movements compared. */
    here: integer().notNull(),
    there: integer().notNull(),
    differences: integer().notNull(),
    /** The daily one: the next begins where its oldest difference stands. */
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
