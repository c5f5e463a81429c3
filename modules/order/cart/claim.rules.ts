import { AppError } from '#errors'
import { quantityMax } from '#schemas'
import { cartLinesMax, type NotTaken } from '../contract.ts'
import type { CartState } from './cart.state.ts'

/** Claiming after a login: a guest's cart becomes the account's, and takes the lines of the account's open cart. */

export interface Claim {
  cart: CartState
  /** The account's open cart with the lines that were not taken; undefined where nothing has moved. */
  former?: CartState
  notTaken: NotTaken[]
}

/**
 * Moves lines: what the claimed cart takes leaves the former cart in the same transaction, so that no order or repetition
 * of claims adds or loses a unit. Lines move only as the cart changes hands; a repeated claim returns what is there.
 * @throws AppError `not_found` for somebody else's cart, `cart_closed` for one that a guest has ordered
 */
export function claimCart(
  { cart, former }: { cart: CartState | undefined; former: CartState | undefined },
  userId: string,
): Claim {
  if (cart === undefined || (cart.userId !== null && cart.userId !== userId))
    throw new AppError('not_found', { field: 'cartId', message: 'There is no such cart.' })
  const isRepeated = cart.userId === userId
  if (cart.orderId !== null && !isRepeated) throw new AppError('cart_closed', { field: 'cartId' })
  const isMergeable = cart.orderId === null && former?.userId === userId && former.orderId === null
  const { lines, left, notTaken } = isMergeable ? merged(cart, former) : { lines: cart.lines, left: [], notTaken: [] }
  if (isRepeated) return { cart, notTaken }
  const claimed = { ...cart, userId, lines, version: cart.version + 1 }
  if (former === undefined || lines === cart.lines) return { cart: claimed, notTaken }
  return { cart: claimed, former: { ...former, lines: left, version: former.version + 1 }, notTaken }
}

type Lines = CartState['lines']

/** The lines that `cart` has after the merge, and those that stay in `former`, with the reason. */
function merged(cart: CartState, former: CartState): { lines: Lines; left: Lines; notTaken: NotTaken[] } {
  const quantities = new Map(cart.lines.map(({ sku, quantity }) => [sku, quantity]))
  const notTaken: NotTaken[] = []
  for (const { sku, quantity } of former.lines) {
    const present = quantities.get(sku)
    const leave = (left: number, reason: NotTaken['reason']) =>
      notTaken.push({ sku, quantity: left, reason, cartId: former.id })
    if (former.currency !== cart.currency) leave(quantity, 'other_currency')
    else if (present === undefined && quantities.size >= cartLinesMax) leave(quantity, 'cart_full')
    else {
      const sum = (present ?? 0) + quantity
      quantities.set(sku, Math.min(quantityMax, sum))
      if (sum > quantityMax) leave(sum - quantityMax, 'quantity_limit')
    }
  }
  const left = notTaken.map(({ sku, quantity }) => ({ sku, quantity }))
  const hasMoved = JSON.stringify(left) !== JSON.stringify(former.lines)
  return {
    lines: hasMoved ? [...quantities].map(([sku, quantity]) => ({ sku, quantity })) : cart.lines,
    left,
    notTaken,
  }
}
