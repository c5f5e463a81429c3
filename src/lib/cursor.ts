import type { z } from 'zod'
import { AppError } from '#errors'

/** Keyset pagination: opaque cursors that hold the position of a page's last item. */

/** A position (any JSON value) as opaque text that an address may hold. */
export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** @throws AppError `bad_input` naming `cursor` for text that this shop did not issue, or issued for another query */
export function decodeCursor<Position>(cursor: string, schema: z.ZodType<Position>): Position {
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (parsed.success) return parsed.data
  throw new AppError('bad_input', {
    field: 'cursor',
    message: 'This cursor does not belong to this query. Leave it out to begin at the first page.',
  })
}

/**
 * One page of the rows that were found, of which up to `limit + 1` were asked for: one more than the page holds shows
 * that another page follows.
 */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  positionOf: (last: Item) => unknown,
): { items: Item[]; nextCursor: string | null } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, rejectUnstorable)
  } catch {
    return undefined
  }
}

/** Postgres stores no such text, and a cursor's content has not been checked with the rest of the input. */
function rejectUnstorable(_: string, value: unknown): unknown {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) throw new SyntaxError('not a text')
  return value
}
