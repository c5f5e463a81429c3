import { settings, type Settings } from '../text/settings.ts'
import { shop } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import { hasSessionEnded, session } from './session.ts'
import { localStore, readJson, tabStore } from './storage.ts'
import { createStore } from './store.ts'
import type { Cart, ClaimedCart } from './types.ts'

/** The cart as of the shop's latest response. */
export interface CartStatus {
  /** Null when there is no cart, or it is not loaded yet. */
  cart: Cart | null
  isLoading: boolean
  /** The cart is an account's whose session has ended: a login or a copy of it makes it usable again. */
  isLocked: boolean
  /** Set when the cart could not be fetched. */
  failure: Failure | undefined
}

const unloaded: CartStatus = { cart: null, isLoading: false, isLocked: false, failure: undefined }

/** Lines of the account's earlier cart that this cart could not take, until the page is left. */
export const notTakenLines = createStore<ClaimedCart['notTaken']>([])

/** The cart of this browser, shared by all components. */
export const cartStatus = createStore<CartStatus>({
  ...unloaded,
  isLoading: localStore.read('cart') !== null || localStore.read('signedIn') !== null,
})

/** Carries every cart that the shop returns to the other tabs; missing in old browsers, where tabs load it when they are seen. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('holdfast.cart')
let loadedAtMs = 0

function showCart(cart: Cart | null): void {
  loadedAtMs = Date.now()
  cartStatus.set({ ...unloaded, cart })
}

/** Shows no cart in this tab. */
export const showNoCart = (): void => showCart(null)

function storeCart(cart: Cart): Cart {
  const isAccounts = Boolean(session.get())
  localStore.write('cart', cart.id)
  localStore.write('cartOwner', isAccounts ? 'account' : null)
  // The copy is what remains of an account's cart when the session ends.
  tabStore.write('cartCopy', isAccounts ? JSON.stringify(cart) : null)
  showCart(cart)
  // A channel has no other origin to be named.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  channel?.postMessage(cart)
  return cart
}

/** Removes the cart from this browser, as after an order. */
export function dropCart(): void {
  localStore.write('cart', null)
  localStore.write('cartOwner', null)
  tabStore.write('cartCopy', null)
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

/** Called after a response that the cart is not found, or not the caller's. @returns whether it is only locked: an account's whose session has ended */
export async function lockIfSessionEnded(): Promise<boolean> {
  await hasSessionEnded()
  if (session.get() || localStore.read('cartOwner') !== 'account') return false
  const copy = cartStatus.get().cart ?? (readJson(tabStore, 'cartCopy') as Cart | null)
  cartStatus.set({ ...unloaded, cart: copy, isLocked: true })
  return true
}

/** Fetches the cart: an account's from whichever device, a guest's by its id. A cart that is gone or ordered is removed. */
export function loadCart(): Promise<void> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null && !session.get()) return showCart(null)
    cartStatus.set({ ...cartStatus.get(), isLoading: true })
    try {
      const cart = session.get() ? await accountCart(cartId) : await shop.order.cart.get.query({ cartId: cartId ?? '' })
      if (cart === null || cart.orderId !== null) dropCart()
      else storeCart(cart)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.code !== 'unauthenticated' && !isGone(failure) && failure.code !== 'bad_input')
        return cartStatus.set({ ...cartStatus.get(), isLoading: false, failure })
      if (!(await lockIfSessionEnded())) dropCart()
    }
  })
}

/** The account's latest cart, with the lines of a guest's cart of this browser. */
async function accountCart(cartId: string | null): Promise<Cart | null> {
  const current = await shop.order.cart.current.query()
  if (cartId === null || cartId === current?.id) return current
  if (localStore.read('cartOwner') === 'account') return current
  await emptyCopiedCart()
  try {
    const { notTaken, ...cart } = await shop.order.cart.claim.mutate({ cartId })
    notTakenLines.set(notTaken)
    return cart
  } catch (error) {
    if (isGone(failureOf(error))) return current
    throw error
  }
}

interface Quantity {
  sku: string
  quantity: number
}

const newCart = (lines: Quantity[], { currency, locale }: Settings = settings.get()): Promise<Cart> =>
  shop.order.cart.create.mutate({ currency, locale, lines })

/** The outcome of adding to the cart, as far as the stock allowed it. */
export interface AddOutcome {
  added: number
  /** Units of this SKU in the cart now. */
  inCart: number
  /** Units that can be bought now. */
  available: number
}

/**
 * Adds units of a SKU to the cart, up to what can be bought, or to a new cart when the old one is gone or already ordered.
 * `available` is what could be bought when the page was loaded; the cart knows a newer number.
 */
export const addToCart = (wanted: { sku: string; quantity: number; available: number }): Promise<AddOutcome> =>
  enqueue(() => addLine(wanted))

/** Adds lines to the cart, such as those of an earlier order. @returns the SKUs that are no longer sold */
export const addLines = (lines: Quantity[]): Promise<string[]> => enqueue(() => addEach(lines))

async function addEach(lines: Quantity[]): Promise<string[]> {
  const missing: string[] = []
  for (const { sku, quantity } of lines) {
    try {
      await addLine({ sku, quantity, available: quantityMax })
    } catch (error) {
      if (!isNotSold(failureOf(error))) throw error
      missing.push(sku)
    }
  }
  return missing
}

const isNotSold = ({ code }: Failure): boolean => code === 'not_found' || code === 'price_unavailable'

async function addLine(wanted: { sku: string; quantity: number; available: number }): Promise<AddOutcome> {
  const { sku, quantity } = wanted
  const lineOf = (cart: Cart | null) => cart?.lines.find((line) => line.sku === sku)
  const cartId = localStore.read('cart')
  let cart: Cart | null = null
  try {
    if (cartId !== null) cart = await shop.order.cart.get.query({ cartId })
    const before = lineOf(cart)?.quantity ?? 0
    const available = Math.min(quantityMax, lineOf(cart)?.available ?? wanted.available)
    const next = Math.max(before, Math.min(before + quantity, available))
    if (cart === null) cart = await newCart([{ sku, quantity: Math.max(1, next) }])
    else if (next > before) cart = await shop.order.cart.setLine.mutate({ cartId: cart.id, sku, quantity: next })
    storeCart(cart)
    const line = lineOf(cart)
    return { added: (line?.quantity ?? 0) - before, inCart: line?.quantity ?? 0, available: line?.available ?? 0 }
  } catch (error) {
    const failure = failureOf(error)
    // `not_found` for the SKU says nothing about the cart: the cart stays.
    if (cartId === null || !isGone(failure) || failure.issues.some(({ field }) => field === 'sku')) throw error
    // Without its session an account's cart goes on as a guest's copy.
    if (await lockIfSessionEnded()) await copyCart()
    else dropCart()
    return addLine(wanted)
  }
}

/** Largest quantity of a line. */
export const quantityMax = 999

/** Sets the quantity of a SKU in the cart; 0 removes the line. */
export function setCartLine(sku: string, quantity: number): Promise<void> {
  return enqueue(async () => {
    const cartId = localStore.read('cart')
    if (cartId === null) return
    try {
      storeCart(await shop.order.cart.setLine.mutate({ cartId, sku, quantity }))
    } catch (error) {
      if (isGone(failureOf(error)) && !(await lockIfSessionEnded())) dropCart()
      throw error
    }
  })
}

/** A guest's copy of the locked cart. The account keeps its own, until a login brings the copy back. */
async function copyCart(): Promise<void> {
  const { cart } = cartStatus.get()
  const lockedId = localStore.read('cart')
  if (cart === null || cart.lines.length === 0) return dropCart()
  try {
    storeCart(await newCart(cart.lines.map(({ sku, quantity }) => ({ sku, quantity }))))
  } catch (error) {
    if (!isNotSold(failureOf(error))) throw error
    // One of them is no longer sold: the rest is copied line by line.
    dropCart()
    await addEach(cart.lines)
  }
  localStore.write('copiedCart', lockedId)
}

/** Goes on as a guest when the session has ended: the lines are copied into a guest's cart. @throws the error of the request */
export const continueAsGuest = (): Promise<void> => enqueue(copyCart)

/** Empties the account's cart whose lines come back with the guest's copy, so that they are not counted twice. */
async function emptyCopiedCart(): Promise<void> {
  const cartId = localStore.read('copiedCart')
  if (cartId === null) return
  localStore.write('copiedCart', null)
  const copied = await shop.order.cart.get.query({ cartId }).catch(() => null)
  for (const { sku } of copied?.lines ?? [])
    await shop.order.cart.setLine.mutate({ cartId, sku, quantity: 0 }).catch(() => undefined)
}

/** Makes another cart of the account the cart of this browser. */
export function switchCart(cartId: string): Promise<void> {
  return enqueue(async () => {
    storeCart(await shop.order.cart.get.query({ cartId }))
    notTakenLines.set([])
  })
}

/**
 * Copies the lines into a new cart of this currency and language, because a cart has one of each. The old cart is emptied,
 * so that a later login does not merge it again. @throws the error of the request; the cart is unchanged then
 */
export function recreateCart(wanted: Settings): Promise<void> {
  return enqueue(async () => {
    const { cart } = cartStatus.get()
    if (cart === null) return
    if (cart.lines.length === 0) return dropCart()
    const lines = cart.lines.map(({ sku, quantity }) => ({ sku, quantity }))
    storeCart(await newCart(lines, wanted))
    // Not waited for: the new cart holds them all, and what stays in the old one is only merged at a later login.
    void Promise.allSettled(
      lines.map(({ sku }) => shop.order.cart.setLine.mutate({ cartId: cart.id, sku, quantity: 0 })),
    )
  })
}

const freshMs = 3000

/** Shows the changes of other tabs, and loads the cart again when this tab is seen after some time. */
export function syncCartAcrossTabs(): void {
  addEventListener('storage', (event) => {
    if (event.key === 'holdfast.cart' && event.newValue !== cartStatus.get().cart?.id) void loadCart()
  })
  channel?.addEventListener('message', ({ data }: MessageEvent<Cart>) => {
    const shown = cartStatus.get().cart
    if (data.id === localStore.read('cart') && (shown?.id !== data.id || shown.version <= data.version)) showCart(data)
  })
  const refresh = (): void => {
    const { cart, isLoading } = cartStatus.get()
    if (document.hidden || isLoading || cart === null || Date.now() - loadedAtMs < freshMs) return
    void loadCart()
  }
  addEventListener('focus', refresh)
  document.addEventListener('visibilitychange', refresh)
}
