import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '#errors'
import type { Context } from '#rpc'
import type { Services } from '#services'
import { loadOrder } from './order.store.ts'
import type { OrderState } from './order.state.ts'

/** Who may see and change an order: its owner, the staff, and whoever holds the token that placing it returned. */

/** Derived from the order's id and the shop's secret, so that it need not be stored and a replay gives the same. */
export const accessTokenOf = (secret: string, orderId: string): string =>
  createHmac('sha256', secret).update(`order:${orderId}`).digest('base64url')

function holdsToken(secret: string, orderId: string, token: string | undefined): boolean {
  if (token === undefined) return false
  const expected = Buffer.from(accessTokenOf(secret, orderId))
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/**
 * The order, if the caller may see it.
 * @throws AppError `not_found`, the same for an order that does not exist: ids tell strangers nothing
 */
export async function requireOrder(
  services: Services,
  ctx: Context,
  input: { id: string; accessToken?: string | undefined },
): Promise<OrderState> {
  const notFound = new AppError('not_found', { field: 'id', message: 'There is no such order, or it is not yours.' })
  const order = await loadOrder(services.database.query, input.id)
  if (order === undefined) throw notFound
  if (holdsToken(services.secretKey, order.id, input.accessToken ?? ctx.orderToken(order.id))) return order
  const session = await ctx.session()
  if (session !== null && (session.userId === order.userId || session.role === 'staff')) return order
  throw notFound
}
