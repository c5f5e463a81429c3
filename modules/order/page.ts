import { z } from 'zod'
import type { Queryable } from '#db'
import type { OrderPage } from './contract.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { OrderFilter } from './order.filter.ts'
import { listOrders } from './order.store.ts'
import { orderView } from './order.view.ts'

// Postgres knows no year 0.
const position = z.object({ placedAt: z.iso.datetime().regex(/^(?!0000)/), id: z.uuid() })

/** One page of orders, newest first; of one user where `userId` is given. @throws AppError `bad_input` for a cursor that is not ours */
export async function orderPage(
  query: Queryable,
  request: OrderFilter & { userId?: string; cursor?: string | undefined; limit?: number | undefined },
): Promise<OrderPage> {
  const { cursor, limit = 20, ...filter } = request
  const before = cursor === undefined ? undefined : decodeCursor(position, cursor)
  const found = await listOrders(query, { ...filter, before, limit: limit + 1 })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(orderView),
    nextCursor:
      found.length > limit && last !== undefined
        ? encodeCursor({ placedAt: last.placedAt.toISOString(), id: last.id })
        : null,
  }
}
