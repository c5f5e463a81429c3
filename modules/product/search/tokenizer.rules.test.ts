import { describe, expect, test } from 'vitest'
import { headWords, tsVectorText, hanNgrams, normalise, tsQueryText, tokenize } from './tokenizer.rules.ts'

const textsOf = (text: string) => tokenize(text).map((word) => word.text)

describe('the tokenizer', () => {
  test('compatibility forms, accents and trade marks are normalised', () => {
    expect(normalise('Insignia™ Café ＡＢ’s')).toBe('insignia cafe abs')
  })

  test('a compound matches with and without its hyphen', () => {
    expect(tsVectorText(tokenize('Wi-Fi'))).toBe('wi fi wifi')
    expect(tsQueryText(tokenize('wi-fi'))).toBe("(('wi' & 'fi') | 'wifi')")
  })

  test('a decimal number is one word, and quotation marks are dropped', () => {
    expect(textsOf(`15.6" 802.11ac, Ink'd (2)`)).toEqual(['15.6', '802.11ac', 'inkd', '2'])
  })

  test('the plural of an abbreviation matches its singular', () => {
    expect(tsVectorText(tokenize('Flat-Panel TVs'))).toBe(tsVectorText(tokenize('flat-panel tv')))
  })

  test('Chinese is split into words, and single characters from ICU are merged', () => {
    expect(textsOf('头戴式无线耳机')).toEqual(['头戴式', '无线', '耳机'])
    expect(textsOf('无线键盘鼠标套装')).toEqual(['无线', '键盘', '鼠标', '套装'])
    expect(textsOf('十合一扩展坞')).toEqual(['十合一', '扩展坞'])
    expect(textsOf('充电宝的线')).toEqual(['充电宝', '线'])
  })

  test('long Chinese words are matched by character bigrams', () => {
    expect(tsQueryText(tokenize('充电宝'))).toBe("('充电' & '电宝')")
    expect(hanNgrams('充电宝').split(' ')).toEqual(expect.arrayContaining(['充', '电', '宝', '充电', '电宝']))
  })

  test('only the last word matches as a prefix', () => {
    expect(tsQueryText(tokenize('wireless key'), { isPrefix: true, weights: 'A' })).toBe("('wireless':A) & ('key':*A)")
  })

  test('head words name the product, not the things it fits', () => {
    expect(headWords('LifeProof - Case for Apple iPhone 5 - Black').map((word) => word.text)).toEqual([
      'lifeproof',
      'case',
    ])
    expect(headWords('Wireless Desktop 800 Keyboard and Optical Mouse').map((word) => word.text)).toEqual([
      'keyboard',
      'mouse',
    ])
    expect(headWords('降噪无线耳机').map((word) => word.text)).toEqual(['耳机'])
  })

  test('no text can break out of the quotes of a query', () => {
    expect(tokenize(`'); drop table x --\\ :* & | ! <-> "`).map((word) => word.text)).toEqual(['drop', 'table', 'x'])
  })
})
