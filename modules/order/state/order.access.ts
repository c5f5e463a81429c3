import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '#errors'
import type { Context } from '#rpc'
import type { Services } from '#services'
import { loadOrder } from './order.store.ts'
import type { OrderState } from './order.state.ts'

/** Access to an order: for its owner, for staff, and for holders of the access token that placing the order returned. */

/** The access token of an order, an HMAC of its id. It need not be stored, and a replayed `place` returns the same token. */
export const accessTokenOf = (secret: string, orderId: string): string =>
  createHmac('sha256', secret).update(`order:${orderId}`).digest('base64url')

function isAccessToken(token: string | undefined, secret: string, orderId: string): boolean {
  if (token === undefined) return false
  const expected = Buffer.from(accessTokenOf(secret, orderId))
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** Whether the caller holds the order's access token, in the input, the header or the cookie, and it has not expired. */
export const holdsToken = (
  { secretKey, config }: Services,
  ctx: Context,
  { order, accessToken }: { order: OrderState; accessToken?: string | undefined },
): boolean =>
  isAccessToken(accessToken ?? ctx.orderToken(order.id), secretKey, order.id) &&
  !hasExpired(order, config.ORDER_ACCESS_DAYS)

/** A token is valid while its order is under way, and some days after the last event of an order that has ended. */
function hasExpired({ status, timeline }: OrderState, days: number): boolean {
  const lastAt = timeline.at(-1)?.at
  const hasEnded = status === 'closed' || status === 'cancelled'
  return hasEnded && lastAt !== undefined && Date.now() - lastAt.getTime() > days * 86_400_000
}

/**
 * Loads an order that the caller may see.
 * @throws AppError `not_found`, for an order of somebody else exactly as for one that does not exist
 */
export async function requireOrder(
  services: Services,
  ctx: Context,
  input: { id: string; accessToken?: string | undefined },
): Promise<OrderState> {
  const notFound = new AppError('not_found', { field: 'id', message: 'There is no such order, or it is not yours.' })
  const order = await loadOrder(services.database.query, input.id)
  if (order === undefined) throw notFound
  if (holdsToken(services, ctx, { ...input, order })) return order
  const session = await ctx.session()
  if (session !== null && (session.userId === order.userId || session.role === 'staff')) return order
  throw notFound
}
