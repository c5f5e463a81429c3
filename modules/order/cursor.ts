import type { z } from 'zod'
import { AppError } from '#errors'

/** The opaque cursors of pages: a position as JSON, in letters that an address may hold. */

export const encodeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

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
