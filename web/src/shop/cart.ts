import { settings } from '../text/settings.ts'
import { shop } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import { lasting } from './storage.ts'
import { createStore } from './store.ts'
import type { Cart } from './types.ts'

/** The cart as the shop last told it. */
export interface CartStatus {
  /** Null where there is none, or not yet. */
  cart: Cart | null
  isLoading: boolean
  /** Set when the cart could not be fetched. */
  failure: Failure | undefined
}

export const cartStatus = createStore<CartStatus>({ cart: null, isLoading: false, failure: undefined })

const show = (cart: Cart | null): void => cartStatus.set({ cart, isLoading: false, failure: undefined })

function keep(cart: Cart): Cart {
  lasting.write('cart', cart.id)
  show(cart)
  return cart
}

/** Forgets the cart, as after an order. */
export function dropCart(): void {
  lasting.write('cart', null)
  show(null)
}

/** Changes go one after the other: each answer shows the cart after all before it. */
let last: Promise<unknown> = Promise.resolve()
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = last.then(work, work)
  last = result.catch(() => undefined)
  return result
}

const isGone = (failure: Failure): boolean => failure.code === 'not_found' || failure.code === 'cart_closed'

/** Fetches the cart that this browser holds. One that is gone or ordered is let go. */
export function loadCart(): Promise<void> {
  return inTurn(async () => {
    const cartId = lasting.read('cart')
    if (cartId === null) return show(null)
    cartStatus.set({ ...cartStatus.get(), isLoading: true })
    try {
      const cart = await shop.order.cart.get.query({ cartId })
      if (cart.orderId === null) keep(cart)
      else dropCart()
    } catch (error) {
      const failure = failureOf(error)
      if (isGone(failure) || failure.code === 'bad_input') dropCart()
      else cartStatus.set({ ...cartStatus.get(), isLoading: false, failure })
    }
  })
}

const newCart = (lines: { sku: string; quantity: number }[]): Promise<Cart> =>
  shop.order.cart.create.mutate({ currency: settings.get().currency, locale: settings.get().locale, lines })

/** Puts pieces into the cart, into a new one where the old one is gone or has been ordered. */
export function addToCart(sku: string, quantity: number): Promise<Cart> {
  return inTurn(async () => {
    const cartId = lasting.read('cart')
    if (cartId === null) return keep(await newCart([{ sku, quantity }]))
    try {
      const cart = cartStatus.get().cart ?? (await shop.order.cart.get.query({ cartId }))
      const before = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0
      return keep(await shop.order.cart.setLine.mutate({ cartId, sku, quantity: Math.min(999, before + quantity) }))
    } catch (error) {
      const failure = failureOf(error)
      // `not_found` may also speak of the SKU: then the cart stays.
      if (!isGone(failure) || failure.issues.some(({ field }) => field === 'sku')) throw error
      return keep(await newCart([{ sku, quantity }]))
    }
  })
}

/** Sets how many pieces of a SKU the cart holds; 0 removes the line. */
export function setCartLine(sku: string, quantity: number): Promise<void> {
  return inTurn(async () => {
    const cartId = lasting.read('cart')
    if (cartId === null) return
    try {
      keep(await shop.order.cart.setLine.mutate({ cartId, sku, quantity }))
    } catch (error) {
      if (isGone(failureOf(error))) dropCart()
      throw error
    }
  })
}

/** After a login: what the guest gathered becomes the customer's. */
export function claimCart(): Promise<void> {
  return inTurn(async () => {
    const cartId = lasting.read('cart')
    if (cartId !== null) keep(await shop.order.cart.claim.mutate({ cartId }))
  })
}

/**
 * The same lines in a new cart of the chosen currency and language: a cart holds one of each. The old one is emptied,
 * so that a later login does not merge it in again.
 */
export function reissueCart(): Promise<void> {
  return inTurn(async () => {
    const { cart } = cartStatus.get()
    if (cart === null) return
    if (cart.lines.length === 0) return dropCart()
    keep(await newCart(cart.lines.map(({ sku, quantity }) => ({ sku, quantity }))))
    await Promise.all(
      cart.lines.map(({ sku }) => shop.order.cart.setLine.mutate({ cartId: cart.id, sku, quantity: 0 })),
    )
  })
}

/** Another tab's cart is this tab's cart. */
export function followOtherTabs(): void {
  addEventListener('storage', (event) => {
    if (event.key === 'holdfast.cart') void loadCart()
  })
}
