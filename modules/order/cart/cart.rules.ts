import { z } from 'zod'
import type { DecideContext, Decision } from '#actor'
import { AppError } from '#errors'
import type { StockMovement } from '#product'
import { localeSchema, moneySchema, quantityMax, type Address } from '#schemas'
import { cartLinesMax } from '../contract.ts'
import type { CartState } from './cart.state.ts'
import { placeOrder, type AcceptsAmount, type PlaceReply, type StockSnapshot } from './place.rules.ts'

/** The rules of a cart. Everybody who knows its id may use a guest's cart; an owned cart is its owner's only. */

const line = z.object({ sku: z.string(), quantity: z.int().min(1).max(quantityMax) })
const caller = z.string().nullable()
/** Checked at the edge. */
const storedAddress = z.custom<Address>()

export const cartMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('create'),
    userId: caller,
    currency: z.string(),
    locale: localeSchema,
    lines: z.array(line),
  }),
  z.object({ type: z.literal('setLine'), userId: caller, sku: z.string(), quantity: z.int().min(0).max(quantityMax) }),
  z.object({
    type: z.literal('place'),
    orderId: z.string(),
    number: z.string(),
    userId: caller,
    email: z.string(),
    source: z.string().nullable().optional(),
    /** Null for the cart's own locale. */
    locale: localeSchema.nullable(),
    shippingAddress: storedAddress,
    billingAddress: storedAddress.nullable(),
    shippingOptionId: z.string(),
    methodId: z.string(),
    token: z.string(),
    expectedTotal: moneySchema.nullable(),
    deadlineSeconds: z.int(),
    large: z.object({ units: z.int(), deadlineSeconds: z.int() }).optional(),
    capture: z.enum(['now', 'later']),
  }),
])

export type CartMessage = z.infer<typeof cartMessage>
export type CartReply = { cart: CartState } | { placed: PlaceReply }
type CartDecision = Decision<CartState, CartReply, StockMovement>

/** @throws AppError `not_found` for a cart that is missing or somebody else's, `cart_closed`, `cart_full` */
export function decideCart(
  state: CartState | undefined,
  message: CartMessage,
  context: DecideContext<StockSnapshot> & { accepts: AcceptsAmount },
): CartDecision {
  if (message.type === 'create') return created(message, context.id)
  const cart = requireOwn(state, message.userId)
  switch (message.type) {
    case 'setLine':
      return edited(cart, withLine(requireOpen(cart).lines, message))
    case 'place': {
      const { order, reply, ...consequences } = placeOrder(
        cart,
        { ...message, locale: message.locale ?? cart.locale },
        { stock: context.shared, now: context.now, accepts: context.accepts },
      )
      if (order === undefined) return { reply: { placed: reply } }
      return {
        state: { ...cart, orderId: order.id, version: cart.version + 1, placed: order },
        reply: { placed: reply },
        ...consequences,
      }
    }
  }
}

function requireOwn(state: CartState | undefined, userId: string | null): CartState {
  if (state === undefined || (state.userId !== null && state.userId !== userId)) {
    throw new AppError('not_found', { field: 'cartId', message: 'There is no such cart.' })
  }
  return state
}

function requireOpen(cart: CartState): CartState {
  if (cart.orderId !== null) throw new AppError('cart_closed', { field: 'cartId' })
  return cart
}

function edited(cart: CartState, lines: CartState['lines']): CartDecision {
  const next = { ...cart, lines, version: cart.version + 1 }
  return { state: next, reply: { cart: next } }
}

function created(
  { userId, currency, locale, lines }: Extract<CartMessage, { type: 'create' }>,
  id: string,
): CartDecision {
  const merged = lines.reduce<CartState['lines']>((before, added) => addLine(before, added), [])
  return edited({ id, version: 0, currency, locale, userId, lines: [], orderId: null }, merged)
}

function withLine(lines: CartState['lines'], { sku, quantity }: { sku: string; quantity: number }): CartState['lines'] {
  if (quantity === 0) return lines.filter((existing) => existing.sku !== sku)
  if (lines.some((existing) => existing.sku === sku))
    return lines.map((existing) => (existing.sku === sku ? { sku, quantity } : existing))
  if (lines.length >= cartLinesMax) throw new AppError('cart_full', { field: 'sku' })
  return [...lines, { sku, quantity }]
}

const addLine = (lines: CartState['lines'], { sku, quantity }: { sku: string; quantity: number }): CartState['lines'] =>
  withLine(lines, {
    sku,
    quantity: Math.min(quantityMax, quantity + (lines.find((existing) => existing.sku === sku)?.quantity ?? 0)),
  })
