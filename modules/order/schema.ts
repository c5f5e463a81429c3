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
import type { Address } from '#shapes'
import type { FulfilmentStatus, OrderStatus, PaymentStatus } from './contract.ts'

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
    cancelledBy: text('cancelled_by').$type<'buyer' | 'staff' | 'deadline'>(),
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
    detail: text(),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.position] })],
)

/** What the shop wants of the payment provider for an order, and what it knows of it. */
export const payments = orderSchema.table('payment', {
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
})
