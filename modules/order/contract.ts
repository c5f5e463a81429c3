import { z } from 'zod'
import { addressSchema } from '#address'
import {
  blankOrLine,
  blankOrText,
  currencySchema,
  emailSchema,
  idempotencyKeySchema,
  idSchema,
  localeSchema,
  moneySchema,
  opaque,
  pageSchema,
  quantityMax,
  quantitySchema,
  singleLine,
  skuSchema,
  type Address,
  type Money,
  type Page,
  type Timestamp,
} from '#schemas'
import { shippingAddressSchema } from './destination.contract.ts'

/** Inputs and outputs of `order.*`. Imports only the shared schemas: the published client carries these types. */

/** Limit of different SKUs in one cart. */
export const cartLinesMax = 100

const lineInput = z.strictObject({ sku: skuSchema, quantity: quantitySchema })
const accessToken = opaque(200).optional()

export const cartCreateInput = z
  .strictObject({
    currency: currencySchema.optional(),
    locale: localeSchema.optional(),
    lines: z.array(lineInput).max(cartLinesMax).optional(),
  })
  .optional()
export const cartGetInput = z.strictObject({ cartId: idSchema })
export const cartSetLineInput = z.strictObject({
  cartId: idSchema,
  sku: skuSchema,
  /** 0 removes the line. */
  quantity: z.int().min(0).max(quantityMax),
})
export const cartApplyCodeInput = z.strictObject({ cartId: idSchema, code: singleLine(50) })
/** The caller's own cart needs no id. */
export const cartCurrentInput = z.strictObject({}).optional()
export const cartClaimInput = z.strictObject({ cartId: idSchema })

export const checkoutInput = z.strictObject({
  cartId: idSchema,
  shippingAddress: shippingAddressSchema,
  shippingOptionId: opaque(50).optional(),
  /** Language of the names; the cart's own unless given. */
  locale: localeSchema.optional(),
})

const paymentInput = z.strictObject({
  methodId: opaque(50),
  /** The provider's token for the buyer's card or wallet, such as Stripe's `pm_...`. */
  token: opaque(200).optional(),
})

export const placeInput = z.strictObject({
  cartId: idSchema,
  idempotencyKey: idempotencyKeySchema,
  /** The total that the buyer has agreed to; with another total the outcome is `refused`, reason `total_changed`. */
  expectedTotal: moneySchema.optional(),
  /** Recipient of the confirmation; the account's own address unless given. Guests must give it. */
  email: emailSchema.optional(),
  locale: localeSchema.optional(),
  shippingAddress: shippingAddressSchema,
  billingAddress: addressSchema.optional(),
  shippingOptionId: opaque(50),
  payment: paymentInput,
})

export const payInput = z.strictObject({
  id: idSchema,
  accessToken,
  idempotencyKey: idempotencyKeySchema,
  payment: paymentInput,
})
export const orderGetInput = z.strictObject({ id: idSchema, accessToken })
export const orderWatchInput = z.strictObject({ id: idSchema, accessToken, lastEventId: blankOrLine(100).nullish() })
/** Browsers hold the access token in a cookie; others give it. */
export const orderAttachInput = z.strictObject({ id: idSchema, accessToken })
export const orderListInput = z.strictObject({ ...pageSchema.shape }).optional()
export const orderCancelInput = z.strictObject({
  id: idSchema,
  accessToken,
  /** A request repeated under the same key gets the same response. */
  idempotencyKey: idempotencyKeySchema.optional(),
  reason: blankOrText(500).optional(),
})

export type CartCreateInput = z.infer<typeof cartCreateInput>
export type CartSetLineInput = z.infer<typeof cartSetLineInput>
export type CheckoutInput = z.infer<typeof checkoutInput>
export type PlaceInput = z.infer<typeof placeInput>
export type PayInput = z.infer<typeof payInput>
export type OrderListInput = z.infer<typeof orderListInput>
export type OrderCancelInput = z.infer<typeof orderCancelInput>

export const orderStatuses = ['placed', 'paid', 'fulfilled', 'closed', 'cancelling', 'cancelled'] as const
export type OrderStatus = (typeof orderStatuses)[number]

export const paymentStatuses = [
  'pending',
  'requires_action',
  'declined',
  'unknown',
  'authorised',
  'captured',
  'voided',
  'partially_refunded',
  'refunded',
] as const
export type PaymentStatus = (typeof paymentStatuses)[number]

export const fulfilmentStatuses = ['unfulfilled', 'partial', 'fulfilled', 'partially_returned', 'returned'] as const
export type FulfilmentStatus = (typeof fulfilmentStatuses)[number]

/** Roles that act on an order: `deadline` is the payment deadline, `provider` the payment provider, `shop` the shop itself. */
export const roles = ['buyer', 'staff', 'deadline', 'provider', 'shop'] as const
export type Role = (typeof roles)[number]

/** `pending` until the provider has made the refund; a refund that has succeeded can still fail at the buyer's bank. */
export const refundStatuses = ['pending', 'succeeded', 'failed'] as const
export type RefundStatus = (typeof refundStatuses)[number]

export const disputeStatuses = ['opened', 'won', 'lost'] as const
export type DisputeStatus = (typeof disputeStatuses)[number]

export interface Totals {
  items: Money
  discount: Money
  shipping: Money
  /** With `taxIncluded`, part of the other figures; otherwise added to them. Zero while `taxKnown` is false. */
  tax: Money
  taxIncluded: boolean
  /** False for a cart: its tax depends on the address. */
  taxKnown: boolean
  total: Money
}

export interface CartLine {
  sku: string
  title: string
  quantity: number
  unitPrice: Money
  total: Money
  /** Quantity that can be bought now. */
  available: number
  productSlug: string
  image: { url: string; alt: string } | null
}

export interface Cart {
  id: string
  version: number
  currency: string
  lines: CartLine[]
  totals: Totals
  /** Set once the cart has been ordered; it takes no more changes. */
  orderId: string | null
}

/** A line of the account's earlier cart that a claimed cart could not take: it stays in that cart. */
export interface NotTaken {
  sku: string
  quantity: number
  reason: 'cart_full' | 'other_currency' | 'quantity_limit'
  /** The cart that holds the line. */
  cartId: string
}

export interface ClaimedCart extends Cart {
  notTaken: NotTaken[]
}

export interface ShippingOption {
  id: string
  name: string
  price: Money
}

export interface CheckoutAnswer {
  cartVersion: number
  shippingOptions: ShippingOption[]
  /** Empty where no method can pay this total. */
  paymentMethods: { id: string; name: string }[]
  /** With the chosen shipping option, or the cheapest one. */
  totals: Totals
}

export interface OrderLine {
  sku: string
  title: string
  quantity: number
  unitPrice: Money
  total: Money
}

export interface TimelineEntry {
  at: Timestamp
  /** A stable name such as `placed`, `payment_declined`, `paid`, `cancelled`. */
  event: string
  by?: Role
  /** A message of the shop, the buyer's own reason, or a particular such as a tracking number. */
  detail?: string
}

export interface FulfilledLine {
  sku: string
  quantity: number
}

/** One parcel. */
export interface Fulfilment {
  id: string
  at: Timestamp
  lines: FulfilledLine[]
  carrier: string | null
  trackingNumber: string | null
  trackingUrl: string | null
}

export interface ReturnedLine {
  sku: string
  quantity: number
  /** Whether the goods are on sale again. */
  restock: boolean
}

export interface OrderReturn {
  id: string
  at: Timestamp
  lines: FulfilledLine[]
}

/** Quantities that were ordered and will not be sent. */
export interface Cancellation {
  id: string
  at: Timestamp
  lines: FulfilledLine[]
}

export interface Refund {
  id: string
  at: Timestamp
  amount: Money
  /** Parts of the amount: the shipping, and the tax on everything. */
  shipping: Money
  tax: Money
  /** The lines that are refunded; null for an amount that names none. */
  lines: FulfilledLine[] | null
  status: RefundStatus
}

export interface Order {
  id: string
  number: string
  status: OrderStatus
  paymentStatus: PaymentStatus
  fulfilmentStatus: FulfilmentStatus
  /** Grows with every change. */
  version: number
  placedAt: Timestamp
  /** Page where the buyer confirms the payment with the bank while `paymentStatus` is `requires_action`. */
  paymentActionUrl: string | null
  /** When the order stops waiting for its payment; null once it is paid or cancelled. */
  paymentDeadline: Timestamp | null
  lines: OrderLine[]
  totals: Totals
  email: string
  shippingAddress: Address
  /** Its lines in the order of its country, without the country. */
  shippingAddressLines: string[]
  billingAddress: Address | null
  shippingOption: { id: string; name: string }
  fulfilments: Fulfilment[]
  cancellations: Cancellation[]
  returns: OrderReturn[]
  refunds: Refund[]
  timeline: TimelineEntry[]
}

export interface StockShortage {
  sku: string
  requested: number
  available: number
}

export const refusalReasons = [
  'sold_out',
  'total_changed',
  'already_placed',
  'cart_empty',
  'code_invalid',
  'not_shippable',
  'method_unavailable',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

export type PlaceAnswer =
  | { outcome: 'placed'; order: Order; accessToken: string }
  /** `lines` with `sold_out`, `total` (the new one) with `total_changed`. */
  | { outcome: 'refused'; reason: RefusalReason; lines?: StockShortage[]; total?: Money }

export type OrderPage = Page<Order>
