import { v7 as uuidv7 } from 'uuid'
import type { Queryable } from '#db'
import { idempotencyKey, readReplies, type IdempotencyKey } from '#idempotency'
import { AppError } from '#errors'
import { publicProcedure, type Context } from '#rpc'
import type { Services } from '#services'
import {
  checkoutInput,
  placeInput,
  type CheckoutAnswer,
  type CheckoutInput,
  type PlaceAnswer,
  type PlaceInput,
} from '../contract.ts'
import { zoneOf } from '../destination.contract.ts'
import { shippingOptions } from '../pricing/shipping.rules.ts'
import { sumUp, totalsView } from '../pricing/totals.rules.ts'
import { newOrderNumber } from '../state/order-number.rules.ts'
import type { BuyerLimits } from '../limits/buyer-limits.ts'
import { accessTokenOf } from '../state/order.access.ts'
import { findOwnerOfOrderedCart } from '../state/order.store.ts'
import { requireCart } from './cart.access.ts'
import type { CartActor } from './cart.actor.ts'
import type { CartReply } from './cart.rules.ts'
import { cartView } from './cart.view.ts'
import { methodsFor, type PlaceReply } from './place.rules.ts'

/** `order.checkout` and `order.place`: from a cart to an order. */
export const checkoutProcedures = (services: Services, cartActor: CartActor, limits: BuyerLimits) => ({
  /** The shipping options to an address, and the totals with one of them. Changes nothing. */
  checkout: publicProcedure
    .input(checkoutInput)
    .mutation(({ ctx, input }): Promise<CheckoutAnswer> => quote(services, ctx, input)),

  /** Places the cart. One order per cart and per idempotency key, however often the request is repeated. */
  place: publicProcedure
    .input(placeInput)
    .mutation(({ ctx, input }): Promise<PlaceAnswer> => place({ services, cartActor, limits }, { ctx, input })),
})

/** @throws AppError `unsupported_country`, `cart_closed`, or `bad_input` for a shipping option not offered to this address */
async function quote(services: Services, ctx: Context, input: CheckoutInput): Promise<CheckoutAnswer> {
  const cart = await requireCart(services, ctx, input.cartId)
  if (cart.orderId !== null) throw new AppError('cart_closed', { field: 'cartId' })
  const { country } = input.shippingAddress
  if (zoneOf(country) === undefined) throw new AppError('unsupported_country', { field: 'shippingAddress.country' })
  const locale = input.locale ?? cart.locale
  const { totals } = await cartView(services, cart, locale)
  const options = shippingOptions({ address: input.shippingAddress, items: totals.items, locale })
  const chosen =
    input.shippingOptionId === undefined ? options[0] : options.find(({ id }) => id === input.shippingOptionId)
  if (chosen === undefined)
    throw new AppError('bad_input', {
      field: 'shippingOptionId',
      message: 'This shipping option is not offered to this address.',
    })
  const sums = sumUp({
    currency: cart.currency,
    itemsMinor: totals.items.amount,
    shippingMinor: chosen.price.amount,
    address: input.shippingAddress,
  })
  const quoted = totalsView(sums, cart.currency)
  return {
    cartVersion: cart.version,
    shippingOptions: options,
    paymentMethods: methodsFor(quoted.total, { accepts: services.payments.accepts, locale }),
    totals: quoted,
  }
}

async function place(
  { services, cartActor, limits }: { services: Services; cartActor: CartActor; limits: BuyerLimits },
  { ctx, input }: { ctx: Context; input: PlaceInput },
): Promise<PlaceAnswer> {
  const { idempotencyKey: key, cartId, payment, ...agreed } = input
  const session = await ctx.session()
  const email = agreed.email ?? session?.email
  if (email === undefined)
    throw new AppError('bad_input', {
      field: 'email',
      message: 'Give an e-mail address for the confirmation, or log in.',
    })
  const token = payment.methodId === 'card' ? requireToken(payment) : ''
  const keyOf = (userId: string | null): IdempotencyKey =>
    idempotencyKey(`order.place:${userId === null ? `cart:${cartId}` : `user:${userId}`}`, key, {
      cartId,
      payment,
      ...agreed,
    })
  const { config } = services
  const userId = session?.userId ?? null
  const source = limits.sourceOf(ctx.address)
  const locale = agreed.locale ?? session?.locale ?? null
  const requestKey = keyOf(userId)
  await limits.requireStanding({ source, userId, email, locale: locale ?? 'en' }, { key: requestKey, isPlacing: true })
  const asked = services.actors().ask(cartActor, {
    id: cartId,
    key: requestKey,
    message: {
      type: 'place',
      orderId: uuidv7(),
      number: newOrderNumber(),
      userId,
      email,
      source,
      locale,
      shippingAddress: agreed.shippingAddress,
      billingAddress: agreed.billingAddress ?? null,
      shippingOptionId: agreed.shippingOptionId,
      methodId: payment.methodId,
      token,
      expectedTotal: agreed.expectedTotal ?? null,
      deadlineSeconds: config.PAYMENT_DEADLINE_SECONDS,
      large: { units: config.LARGE_ORDER_UNITS, deadlineSeconds: config.LARGE_ORDER_DEADLINE_SECONDS },
      capture: config.PAYMENT_CAPTURE === 'fulfilment' ? 'later' : 'now',
    },
  })
  const reply = await replyOrEarlier(asked, () => findEarlierReply(services.database.query, cartId, keyOf))
  if (reply.outcome === 'refused') return reply
  const accessToken = accessTokenOf(services.secretKey, reply.order.id)
  if (session === null) ctx.setCookie(`order-${reply.order.id}`, accessToken)
  return { ...reply, accessToken }
}

/**
 * The reply to the placing. A buyer who has logged in or out since the first request is another caller, with another
 * scope of keys: a cart that is ordered already, or no longer the caller's, returns the reply stored by the first.
 */
async function replyOrEarlier(
  asked: Promise<CartReply>,
  findEarlier: () => Promise<PlaceReply | undefined>,
): Promise<PlaceReply> {
  try {
    const reply = await asked
    if (!('placed' in reply)) throw new Error('the cart actor has not replied to the placing')
    const isTaken = reply.placed.outcome === 'refused' && reply.placed.reason === 'already_placed'
    return (isTaken ? await findEarlier() : undefined) ?? reply.placed
  } catch (error) {
    const earlier = error instanceof AppError && error.code === 'not_found' ? await findEarlier() : undefined
    if (earlier === undefined) throw error
    return earlier
  }
}

/** The reply stored when this cart was placed with this key, by a guest or by the account of its order. */
async function findEarlierReply(
  query: Queryable,
  cartId: string,
  keyOf: (userId: string | null) => IdempotencyKey,
): Promise<PlaceReply | undefined> {
  const owner = await findOwnerOfOrderedCart(query, cartId)
  if (owner === undefined) return undefined
  const key = keyOf(owner.userId)
  const found = (await readReplies(query, [key])).get(key.hash)
  if (found?.ok === false) throw found.error
  return found === undefined ? undefined : (found.reply as { placed: PlaceReply }).placed
}

/** The provider's token for the buyer's card. @throws AppError `bad_input` naming the field, when it is missing */
export function requireToken({ token }: PlaceInput['payment']): string {
  if (token !== undefined) return token
  throw new AppError('bad_input', {
    field: 'payment.token',
    message: 'Give the token of the card that the payment provider has issued.',
  })
}
