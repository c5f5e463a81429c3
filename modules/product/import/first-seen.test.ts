import { expect, test } from 'vitest'
import { FirstSeen } from './first-seen.ts'

test('every text is known by the line it was first seen on, however many there are', () => {
  const seen = new FirstSeen()
  const texts = Array.from({ length: 20_000 }, (_, index) => `sku-${index}`)
  expect(texts.filter((text, index) => seen.note(text, index + 1) !== undefined)).toEqual([])
  expect(texts.filter((text, index) => seen.note(text, 99_999) !== index + 1)).toEqual([])
})
