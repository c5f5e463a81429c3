import { settings } from '../text/settings.ts'
import { shop } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import { localStore } from './storage.ts'
import { createStore } from './store.ts'
import type { Cart, ClaimedCart } from './types.ts'

/** The cart as of the shop's latest response. */
export interface CartStatus {
  /** Null when there is no cart, or it is not loaded yet. */
  cart: Cart | null
  isLoading: boolean
  /** Set when the cart could not be fetched. */
  failure: Failure | undefined
}

/** The cart of this browser, shared by all components. */
export const cartStatus = createStore<CartStatus>({ cart: null, isLoading: false, failure: undefined })

/** Lines of the account's earlier cart that this cart could not take, until the page is left. */
export const notTakenLines = createStore<ClaimedCart['notTaken']>([])

const showCart = (cart: Cart | null): void => cartStatus.set({ cart, isLoading: false, failure: undefined })

function storeCart(cart: Cart): Cart {
  localStore.write('cart', cart.id)
  showCart(cart)
  return cart
}

/** Removes the cart from this browser, as after an order. */
export function dropCart(): void {
  localStore.write('cart', null)
  showCart(null)
}

/** Serial queue of cart changes, so that each response includes all earlier changes. */
let queueTail: Promise<unknown> = Promise.resolve()
function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = queueTail.then(work, work)
  queueTail = result.catch(() => undefined)
  return result
}

const isGone = (failure: Failure): boolean => failure.code === 'not_found' || failure.code === 'cart_closed'

/** Fetches this browser's cart. A cart that is gone or already ordered is removed. */
export function loadCart(): Promise<void> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null) return showCart(null)
    cartStatus.set({ ...cartStatus.get(), isLoading: true })
    try {
      const cart = await shop.order.cart.get.query({ cartId })
      if (cart.orderId === null) storeCart(cart)
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

/** Adds units of a SKU to the cart, or to a new cart when the old one is gone or already ordered. */
export function addToCart(sku: string, quantity: number): Promise<Cart> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null) return storeCart(await newCart([{ sku, quantity }]))
    try {
      const cart = cartStatus.get().cart ?? (await shop.order.cart.get.query({ cartId }))
      const current = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0
      return storeCart(
        await shop.order.cart.setLine.mutate({ cartId, sku, quantity: Math.min(999, current + quantity) }),
      )
    } catch (error) {
      const failure = failureOf(error)
      // `not_found` for the SKU says nothing about the cart: the cart stays.
      if (!isGone(failure) || failure.issues.some(({ field }) => field === 'sku')) throw error
      return storeCart(await newCart([{ sku, quantity }]))
    }
  })
}

/** Sets the quantity of a SKU in the cart; 0 removes the line. */
export function setCartLine(sku: string, quantity: number): Promise<void> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null) return
    try {
      storeCart(await shop.order.cart.setLine.mutate({ cartId, sku, quantity }))
    } catch (error) {
      if (isGone(failureOf(error))) dropCart()
      throw error
    }
  })
}

/** Moves the guest's cart to the customer's account after a login. */
export function claimCart(): Promise<void> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null) return
    const { notTaken, ...cart } = await shop.order.cart.claim.mutate({ cartId })
    storeCart(cart)
    notTakenLines.set(notTaken)
  })
}

/** Makes another cart of the account the cart of this browser. */
export function switchCart(cartId: string): Promise<void> {
  return enqueue(async () => {
    storeCart(await shop.order.cart.get.query({ cartId }))
    notTakenLines.set([])
  })
}

/**
 * Copies the lines into a new cart of the chosen currency and language, because a cart has one of each. The old cart is
 * emptied, so that a later login does not merge it again.
 */
export function recreateCart(): Promise<void> {
  return enqueue(async () => {
    const { cart } = cartStatus.get()
    if (cart === null) return
    if (cart.lines.length === 0) return dropCart()
    storeCart(await newCart(cart.lines.map(({ sku, quantity }) => ({ sku, quantity }))))
    await Promise.all(
      cart.lines.map(({ sku }) => shop.order.cart.setLine.mutate({ cartId: cart.id, sku, quantity: 0 })),
    )
  })
}

/** Loads the cart again when another tab changes it. */
export function syncCartAcrossTabs(): void {
  addEventListener('storage', (event) => {
    if (event.key === 'holdfast.cart') void loadCart()
  })
}
