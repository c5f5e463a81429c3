import { expect, test } from 'vitest'
import { descriptionBlocks } from './description.ts'

test('a description keeps its paragraphs, line breaks and lists', () => {
  expect(descriptionBlocks('One\ntwo\n\nThree\n\n- a\n- b\n\n- c\nAfter')).toEqual([
    { kind: 'paragraph', text: 'One\ntwo' },
    { kind: 'paragraph', text: 'Three' },
    { kind: 'list', items: ['a', 'b', 'c'] },
    { kind: 'paragraph', text: 'After' },
  ])
})

test('a dash within a sentence, and markup, stay text', () => {
  expect(descriptionBlocks('-5 °C – and <b>cold</b>\n')).toEqual([
    { kind: 'paragraph', text: '-5 °C – and <b>cold</b>' },
  ])
  expect(descriptionBlocks('')).toEqual([])
})
