import type { z } from 'zod'
import { AppError } from '#errors'

/** Writes where a page ended as opaque text. `parts` are JSON values; the same schema reads them back. */
export const encodeCursor = (parts: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url')

/** @throws AppError `bad_input` naming `cursor` when the text is not one of ours, or of another question. */
export function decodeCursor<Parts>(cursor: string, schema: z.ZodType<Parts>): Parts {
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (parsed.success) return parsed.data
  throw new AppError('bad_input', {
    field: 'cursor',
    message: 'This cursor does not belong to this question. Leave it out to begin at the first page.',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, refuseUnstorable)
  } catch {
    return undefined
  }
}

/** Postgres takes no such text, and what a cursor wraps has not been looked at with the rest of the input. */
function refuseUnstorable(_: string, value: unknown): unknown {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) throw new SyntaxError('not a text')
  return value
}
