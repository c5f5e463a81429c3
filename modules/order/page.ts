import { z } from 'zod'
import type { Queryable } from '#db'
import { AppError } from '#errors'
import type { OrderPage } from './contract.ts'
import { listOrders } from './order.store.ts'
import { orderView } from './order.view.ts'

// Postgres knows no year 0.
const position = z.object({ placedAt: z.iso.datetime().regex(/^(?!0000)/), id: z.uuid() })

/** One page of orders, newest first; of one user where `userId` is given. @throws AppError `bad_input` for a cursor that is not ours */
export async function orderPage(
  query: Queryable,
  request: { userId?: string; cursor?: string | undefined; limit?: number | undefined },
): Promise<OrderPage> {
  const { userId, cursor, limit = 20 } = request
  const before = cursor === undefined ? undefined : decodeCursor(position, cursor)
  const found = await listOrders(query, { ...(userId === undefined ? {} : { userId }), before, limit: limit + 1 })
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

/** Where a page ended, as text that says nothing to clients. */
export const encodeCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @throws AppError `bad_input` for a cursor that is not ours */
export function decodeCursor<Position>(schema: z.ZodType<Position>, cursor: string): Position {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (error) {
    throw new AppError('bad_input', {
      field: 'cursor',
      message: 'The cursor must be a nextCursor as the shop gave it.',
      cause: error,
    })
  }
}
