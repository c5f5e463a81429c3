import { z } from 'zod'
import type { Queryable } from '#db'
import { decodeCursor, pageOf } from '#lib/cursor'
import { timestampSchema, type Page } from '#schemas'
import { listOrders, type OrderFilter } from './order.store.ts'
import type { OrderState } from './order.state.ts'

const position = z.object({ placedAt: timestampSchema, id: z.uuid() })

/**
 * Keyset pagination: one page of orders, newest first; only those of one user where `userId` is given.
 * @throws AppError `bad_input` for a cursor that this shop did not issue
 */
export async function orderPage<Item>(
  query: Queryable,
  request: OrderFilter & { userId?: string; cursor?: string | undefined; limit?: number | undefined },
  view: (state: OrderState) => Item,
): Promise<Page<Item>> {
  const { cursor, limit = 20, ...filter } = request
  const before = cursor === undefined ? undefined : decodeCursor(cursor, position)
  const found = await listOrders(query, { ...filter, before, limit: limit + 1 })
  const { items, nextCursor } = pageOf(found, limit, ({ placedAt, id }) => ({ placedAt: placedAt.toISOString(), id }))
  return { items: items.map(view), nextCursor }
}
