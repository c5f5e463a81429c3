import { expect, test } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor } from './cursor.ts'

const schema = z.tuple([z.literal('newest'), z.int()])

test('a decoded cursor equals the encoded position', () => {
  expect(decodeCursor(encodeCursor(['newest', 7]), schema)).toEqual(['newest', 7])
})

test.each([
  '',
  'x',
  '%%%',
  'bnVsbA',
  encodeCursor(['title', 7]),
  encodeCursor(['newest', '7']),
  encodeCursor(['newest', 7, 8]),
])('a foreign cursor is rejected, naming the field: %j', (cursor) => {
  expect(() => decodeCursor(cursor, schema)).toThrow(expect.objectContaining({ code: 'bad_input', field: 'cursor' }))
})

test.each(['a\0b', 'a\ud83d'])('a cursor with text that Postgres cannot store is rejected: %j', (text) => {
  const decode = () => decodeCursor(encodeCursor([text]), z.tuple([z.string()]))
  expect(decode).toThrow(expect.objectContaining({ code: 'bad_input', field: 'cursor' }))
})
