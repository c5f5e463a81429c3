import type { Envelope } from '#actor'
import { AppError } from '#errors'
import type { Offer, StockMovement } from '#product'
import type { Address, Locale, Money } from '#schemas'
import type { PlaceAnswer, RefusalReason, StockShortage } from '../contract.ts'
import { zoneOf } from '../destination.contract.ts'
import { shippingOptions } from '../pricing/shipping.rules.ts'
import { itemsSum, sumUp } from '../pricing/totals.rules.ts'
import { addMs, buyer, stockMoves, timelineEntry } from '../state/order-change.rules.ts'
import { movePayment, paymentDeadline, sendEmail } from '../state/order.outbox.ts'
import { noRecords, type OrderState } from '../state/order.state.ts'
import { orderView } from '../state/order.view.ts'
import type { CartState } from './cart.state.ts'

/** The request to place a cart, completed with the shop's settings and new ids. */
export interface Placement {
  orderId: string
  number: string
  userId: string | null
  email: string
  /** The buyer's network, as a keyed hash. */
  source?: string | null | undefined
  locale: Locale
  shippingAddress: Address
  billingAddress: Address | null
  shippingOptionId: string
  methodId: string
  token: string
  expectedTotal: { amount: number; currency: string } | null
  /** `now` captures the money when the buyer pays; `later` holds it then and captures it at the first fulfilment. */
  capture: 'now' | 'later'
  /** Longest wait for the payment, s. */
  deadlineSeconds: number
  /** A large order waits a shorter time, so that one buyer who does not pay cannot keep the stock from others. */
  large?: { units: number; deadlineSeconds: number } | undefined
}

/** Stock snapshot: the stock and offers of the batch's SKUs, as its earlier decisions have left them. */
export interface StockSnapshot {
  /** Available quantity by SKU. */
  available: Map<string, number>
  offer(sku: string, currency: string, locale: Locale): Offer | undefined
}

/** The reply stored under the idempotency key. The router adds the access token, which is derived and never stored. */
export type PlaceReply =
  | Exclude<PlaceAnswer, { outcome: 'placed' }>
  | { outcome: 'placed'; order: ReturnType<typeof orderView> }

interface Consequences {
  outbox: Envelope[]
  movements: StockMovement[]
}

type Placed = Partial<Consequences> & { reply: PlaceReply; order?: OrderState }

const reject = (reason: RefusalReason, detail: { lines?: StockShortage[]; total?: Money } = {}): Placed => ({
  reply: { outcome: 'refused', reason, ...detail },
})

const paymentMethods = [{ id: 'card', name: { en: 'Card', zh: '银行卡' } }]

/** Whether the payment provider charges this amount. */
export type AcceptsAmount = (amount: Money) => boolean

/** The methods that can pay this total: none where the provider would reject the amount. An order for nothing needs no payment. */
export const methodsFor = (total: Money, { accepts, locale }: { accepts: AcceptsAmount; locale: Locale }) =>
  total.amount === 0 || accepts(total) ? paymentMethods.map(({ id, name }) => ({ id, name: name[locale] })) : []

/**
 * Makes an order of a cart, or returns the reason why it cannot be placed. Pure: stock, prices and clock are given.
 * @throws AppError `unsupported_country` naming the field
 */
export function placeOrder(
  cart: CartState,
  placement: Placement,
  { stock, now, accepts }: { stock: StockSnapshot; now: Date; accepts: AcceptsAmount },
): Placed {
  if (cart.orderId !== null) return reject('already_placed')
  if (cart.lines.length === 0) return reject('cart_empty')
  if (!paymentMethods.some(({ id }) => id === placement.methodId)) return reject('method_unavailable')
  if (zoneOf(placement.shippingAddress.country) === undefined)
    throw new AppError('unsupported_country', { field: 'shippingAddress.country' })

  // Titles, shipping option and emails are in the language of the placing, whatever the cart's.
  const offerOf = (sku: string) => stock.offer(sku, cart.currency, placement.locale)
  const shortages = shortagesOf(cart, { available: stock.available, offerOf })
  if (shortages.length > 0) return reject('sold_out', { lines: shortages })

  const lines = cart.lines.map((line) => lineOf(line, offerOf(line.sku)))
  const itemsMinor = itemsSum(lines)
  const option = shippingOptions({
    address: placement.shippingAddress,
    items: { amount: itemsMinor, currency: cart.currency },
    locale: placement.locale,
  }).find(({ id }) => id === placement.shippingOptionId)
  if (option === undefined) return reject('not_shippable')

  const sums = sumUp({
    currency: cart.currency,
    itemsMinor,
    shippingMinor: option.price.amount,
    address: placement.shippingAddress,
  })
  const { expectedTotal } = placement
  if (expectedTotal !== null && (expectedTotal.amount !== sums.totalMinor || expectedTotal.currency !== cart.currency))
    return reject('total_changed', { total: { amount: sums.totalMinor, currency: cart.currency } })

  const isFree = sums.totalMinor === 0
  if (!isFree && !accepts({ amount: sums.totalMinor, currency: cart.currency })) return reject('method_unavailable')
  const by = { ...buyer, userId: placement.userId }
  const order: OrderState = {
    id: placement.orderId,
    number: placement.number,
    cartId: cart.id,
    userId: placement.userId,
    status: isFree ? 'paid' : 'placed',
    paymentStatus: isFree ? 'captured' : 'pending',
    fulfilmentStatus: 'unfulfilled',
    cancelledBy: null,
    hasRecords: false,
    attention: null,
    lastSentAt: null,
    ...noRecords(),
    version: 1,
    currency: cart.currency,
    locale: placement.locale,
    email: placement.email,
    source: placement.source ?? null,
    reviewSince: null,
    shippingAddress: placement.shippingAddress,
    billingAddress: placement.billingAddress,
    shippingOption: { id: option.id, name: option.name },
    ...sums,
    paymentDeadline: isFree ? null : addMs(now, deadlineSecondsOf(lines, placement) * 1_000),
    placedAt: now,
    lines,
    timeline: [
      timelineEntry({ at: now, by, event: 'placed' }),
      ...(isFree ? [timelineEntry({ at: now, by, event: 'paid' })] : []),
    ],
    payment: {
      provider: 'stripe',
      methodId: placement.methodId,
      token: placement.token,
      intentId: null,
      attempt: 1,
      wanted: isFree ? 'nothing' : 'capture',
      actionUrl: null,
      capture: placement.capture,
      heldMinor: 0,
      capturedMinor: null,
      feeMinor: null,
    },
  }
  return { order, reply: { outcome: 'placed', order: orderView(order) }, ...consequences(order) }
}

function deadlineSecondsOf(
  lines: readonly { quantity: number }[],
  { deadlineSeconds, large }: Pick<Placement, 'deadlineSeconds' | 'large'>,
): number {
  const isLarge = large !== undefined && lines.some(({ quantity }) => quantity >= large.units)
  return isLarge ? Math.min(deadlineSeconds, large.deadlineSeconds) : deadlineSeconds
}

function shortagesOf(
  cart: CartState,
  { available: stock, offerOf }: Pick<StockSnapshot, 'available'> & { offerOf(sku: string): Offer | undefined },
): StockShortage[] {
  return cart.lines.flatMap(({ sku, quantity }) => {
    const offer = offerOf(sku)
    // A SKU that is no longer on sale, or has no price in this currency, counts as sold out.
    const available = offer?.isOnSale === true && offer.price !== null ? (stock.get(sku) ?? 0) : 0
    return available < quantity ? [{ sku, requested: quantity, available }] : []
  })
}

function lineOf({ sku, quantity }: CartState['lines'][number], offer: Offer | undefined): OrderState['lines'][number] {
  if (!offer?.price) throw new Error('a line without a price has passed the stock check')
  return { sku, productId: offer.productId, title: offer.title, quantity, unitPriceMinor: offer.price.amount }
}

function consequences(order: OrderState): Consequences {
  const reserved = stockMoves(order, 'reserve')
  if (order.status === 'paid') {
    return {
      movements: [...reserved, ...stockMoves(order, 'take')],
      outbox: [sendEmail(order.id, 'confirmed')],
    }
  }
  return {
    movements: reserved,
    outbox: [
      movePayment(order.id),
      ...(order.paymentDeadline === null ? [] : [paymentDeadline(order.id, order.paymentDeadline)]),
    ],
  }
}
