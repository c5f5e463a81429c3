import { randomInt } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { idempotencyKey } from '#idempotency'
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
import { shippingOptions, zoneOf } from '../pricing/shipping.rules.ts'
import { sumUp, totalsView } from '../pricing/totals.rules.ts'
import { accessTokenOf } from '../state/order.access.ts'
import { requireCart } from './cart.access.ts'
import type { CartActor } from './cart.actor.ts'
import { cartView } from './cart.view.ts'
import { paymentMethods } from './place.rules.ts'

/** `order.checkout` and `order.place`: from a cart to an order. */
export const checkoutProcedures = (services: Services, cartActor: CartActor) => ({
  /** The shipping options to an address, and the totals with one of them. Changes nothing. */
  checkout: publicProcedure
    .input(checkoutInput)
    .mutation(({ ctx, input }): Promise<CheckoutAnswer> => quote(services, ctx, input)),

  /** Places the cart. One order per cart and per idempotency key, however often the request is repeated. */
  place: publicProcedure
    .input(placeInput)
    .mutation(({ ctx, input }): Promise<PlaceAnswer> => place(services, cartActor, { ctx, input })),
})

/** @throws AppError `unsupported_country`, `cart_closed`, or `bad_input` for a shipping option not offered to this address */
async function quote(services: Services, ctx: Context, input: CheckoutInput): Promise<CheckoutAnswer> {
  const cart = await requireCart(services, ctx, input.cartId)
  if (cart.orderId !== null) throw new AppError('cart_closed', { field: 'cartId' })
  const { country } = input.shippingAddress
  if (zoneOf(country) === undefined) throw new AppError('unsupported_country', { field: 'shippingAddress.country' })
  const { totals } = await cartView(services, cart)
  const options = shippingOptions({ address: input.shippingAddress, items: totals.items, locale: cart.locale })
  const chosen =
    input.shippingOptionId === undefined ? options[0] : options.find(({ id }) => id === input.shippingOptionId)
  if (chosen === undefined)
    throw new AppError('bad_input', {
      field: 'shippingOptionId',
      message: 'This shipping option is not offered to this address.',
    })
  return {
    cartVersion: cart.version,
    shippingOptions: options,
    paymentMethods: paymentMethods.map(({ id, name }) => ({ id, name: name[cart.locale] })),
    totals: totalsView(
      sumUp({ itemsMinor: totals.items.amount, shippingMinor: chosen.price.amount, country }),
      cart.currency,
    ),
  }
}

async function place(
  services: Services,
  actor: CartActor,
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
  const caller = session === null ? `cart:${cartId}` : `user:${session.userId}`
  const reply = await services.actors().ask(actor, {
    id: cartId,
    key: idempotencyKey(`order.place:${caller}`, key, { cartId, payment, ...agreed }),
    message: {
      type: 'place',
      orderId: uuidv7(),
      number: orderNumber(),
      userId: session?.userId ?? null,
      email,
      locale: agreed.locale ?? session?.locale ?? null,
      shippingAddress: agreed.shippingAddress,
      billingAddress: agreed.billingAddress ?? null,
      shippingOptionId: agreed.shippingOptionId,
      methodId: payment.methodId,
      token,
      expectedTotal: agreed.expectedTotal ?? null,
      deadlineSeconds: services.config.PAYMENT_DEADLINE_SECONDS,
      capture: services.config.PAYMENT_CAPTURE === 'fulfilment' ? 'later' : 'now',
    },
  })
  if (!('placed' in reply)) throw new Error('the cart actor has not replied to the placing')
  if (reply.placed.outcome === 'refused') return reply.placed
  const accessToken = accessTokenOf(services.secretKey, reply.placed.order.id)
  if (session === null) ctx.setCookie(`order-${reply.placed.order.id}`, accessToken)
  return { ...reply.placed, accessToken }
}

/** The provider's token for the buyer's card. @throws AppError `bad_input` naming the field, when it is missing */
export function requireToken({ token }: PlaceInput['payment']): string {
  if (token !== undefined) return token
  throw new AppError('bad_input', {
    field: 'payment.token',
    message: 'Give the token of the card that the payment provider has issued.',
  })
}

/** Crockford's base 32, without letters that can be mistaken for digits. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Ten random digits, such as `7K3M9-QXT2F`. Unlike a serial number it does not reveal the shop's sales. */
const orderNumber = (): string =>
  Array.from({ length: 10 }, () => digits[randomInt(digits.length)])
    .join('')
    .replace(/^.{5}/, '$&-')
