import type { z } from 'zod'
import { AppError } from '#errors'

/** Keyset pagination: the position of a page's last item (any JSON value) as opaque, URL-safe text. */
export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** @throws AppError `bad_input` naming `cursor`, for text that this shop did not issue or issued for another query */
export function decodeCursor<Position>(cursor: string, schema: z.ZodType<Position>): Position {
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (parsed.success) return parsed.data
  throw new AppError('bad_input', {
    field: 'cursor',
    message: 'This cursor does not belong to this query. Leave it out to begin at the first page.',
  })
}

/** One page of `limit` items. The query must fetch `limit + 1` rows: the extra row shows that another page follows. */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  positionOf: (last: Item) => unknown,
): { items: Item[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, rejectUnstorable)
  } catch {
    return undefined
  }
}

/** Postgres cannot store such text, and the checks of the other input do not see inside a cursor. */
function rejectUnstorable(_: string, value: unknown): unknown {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    throw new SyntaxError('text that Postgres cannot store')
  return value
}
