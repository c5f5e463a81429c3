import { expect, test } from 'vitest'
import { plainLine, plainParagraphs } from './plain-text.rules.ts'

test('HTML becomes paragraphs and lists of plain text', () => {
  expect(
    plainParagraphs(
      '<div><p>One  two</p>\n<p>Three&nbsp;&mdash; <b>four</b><br/>five</p><ol><li>a</li><li>b</li></ol></div>',
    ),
  ).toBe('One two\n\nThree — four\nfive\n\n- a\n- b')
  expect(plainParagraphs('plain &amp; simple\r\n\r\n\r\nstill')).toBe('plain & simple\n\nstill')
  expect(plainParagraphs('<p></p><br>')).toBe('')
})

test('a heading becomes a paragraph of its own', () => {
  expect(plainParagraphs('Soft.<h2>Care</h2>Wash <b>cold</b>.<h3>Size</h3><ul><li>a</li></ul>')).toBe(
    'Soft.\n\nCare\n\nWash cold.\n\nSize\n\n- a',
  )
})

test('tags, scripts and attributes are removed, and escaped markup stays text', () => {
  expect(
    plainParagraphs('<style>p{}</style><p onclick="x()">a<img src=x onerror=y><iframe src="z">b</iframe></p>'),
  ).not.toMatch(/[<>]|onerror|onclick|\{/)
  expect(plainParagraphs('<p>&amp;lt;b&amp;gt; &lt;i&gt; 3 < 4</p>')).toBe('&lt;b&gt; <i> 3 < 4')
})

test('a line decodes entities once and keeps < and & that are not markup', () => {
  expect(plainLine(' Apple&#174;\n AT&T &amp;amp; A<B pen&notebook ')).toBe('Apple® AT&T &amp; A<B pen&notebook')
})
