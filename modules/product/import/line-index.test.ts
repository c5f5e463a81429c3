import { expect, test } from 'vitest'
import { LineIndex } from './line-index.ts'

test('every text keeps the line of its first occurrence, also after the table has grown', () => {
  const lines = new LineIndex()
  const texts = Array.from({ length: 20_000 }, (_, index) => `sku-${index}`)
  expect(texts.filter((text, index) => lines.addIfAbsent(text, index + 1) !== undefined)).toEqual([])
  expect(texts.filter((text, index) => lines.addIfAbsent(text, 99_999) !== index + 1)).toEqual([])
})
