import { AppError } from '#errors'
import type { Context } from '#rpc'
import type { Services } from '#services'
import type { CartState } from './cart.state.ts'
import { loadCarts } from './cart.store.ts'

/**
 * Loads a cart that the caller may use: a guest's cart, whose random id is its secret, or the caller's own.
 * @throws AppError `not_found`, for a cart of somebody else exactly as for one that does not exist
 */
export async function requireCart({ database }: Services, ctx: Context, cartId: string): Promise<CartState> {
  const cart = (await loadCarts(database.query, [cartId])).get(cartId)
  const isOwn = cart !== undefined && (cart.userId === null || cart.userId === (await ctx.session())?.userId)
  if (!isOwn) throw new AppError('not_found', { field: 'cartId', message: 'There is no such cart.' })
  return cart
}
