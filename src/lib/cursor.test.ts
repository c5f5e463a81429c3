import { expect, test } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor } from './cursor.ts'

const schema = z.tuple([z.literal('newest'), z.int()])

test('a cursor gives back what it was made of', () => {
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
])('a cursor that is not ours is refused by name: %j', (cursor) => {
  expect(() => decodeCursor(cursor, schema)).toThrow(expect.objectContaining({ code: 'bad_input', field: 'cursor' }))
})

test.each(['a\0b', 'a\ud83d'])('text that Postgres cannot take is refused in a cursor too: %j', (text) => {
  const refused = () => decodeCursor(encodeCursor([text]), z.tuple([z.string()]))
  expect(refused).toThrow(expect.objectContaining({ code: 'bad_input', field: 'cursor' }))
})
