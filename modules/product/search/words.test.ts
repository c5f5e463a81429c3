import { describe, expect, test } from 'vitest'
import { headWords, indexText, loosePairs, normalise, tsQueryText, wordsOf } from './words.ts'

const plain = (text: string) => wordsOf(text).map((word) => word.text)

describe('words', () => {
  test('forms that look alike are one form', () => {
    expect(normalise('Insignia™ Café ＡＢ’s')).toBe('insignia cafe abs')
  })

  test('compounds are found with and without their hyphen', () => {
    expect(indexText(wordsOf('Wi-Fi'))).toBe('wi fi wifi')
    expect(tsQueryText(wordsOf('wi-fi'))).toBe("(('wi' & 'fi') | 'wifi')")
  })

  test('decimal figures stay whole and marks fall away', () => {
    expect(plain(`15.6" 802.11ac, Ink'd (2)`)).toEqual(['15.6', '802.11ac', 'inkd', '2'])
  })

  test('plurals of abbreviations meet their singulars', () => {
    expect(indexText(wordsOf('Flat-Panel TVs'))).toBe(indexText(wordsOf('flat-panel tv')))
  })

  test('Chinese is cut into words, and characters that ICU leaves alone are mended', () => {
    expect(plain('头戴式无线耳机')).toEqual(['头戴式', '无线', '耳机'])
    expect(plain('无线键盘鼠标套装')).toEqual(['无线', '键盘', '鼠标', '套装'])
    expect(plain('十合一扩展坞')).toEqual(['十合一', '扩展坞'])
    expect(plain('充电宝的线')).toEqual(['充电宝', '线'])
  })

  test('long Chinese words are compared by pairs of characters', () => {
    expect(tsQueryText(wordsOf('充电宝'))).toBe("('充电' & '电宝')")
    expect(loosePairs('充电宝').split(' ')).toEqual(expect.arrayContaining(['充', '电', '宝', '充电', '电宝']))
  })

  test('only the last word may be a beginning', () => {
    expect(tsQueryText(wordsOf('wireless key'), { isPrefix: true, weights: 'A' })).toBe("('wireless':A) & ('key':*A)")
  })

  test('what a title is about is told from what it goes with', () => {
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
    expect(wordsOf(`'); drop table x --\\ :* & | ! <-> "`).map((word) => word.text)).toEqual(['drop', 'table', 'x'])
  })
})
