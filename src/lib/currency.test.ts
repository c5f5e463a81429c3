import { describe, expect, test } from 'vitest'
import { currencyDecimals, formatMoney, isPayable, payableStep, roundToPayable } from './currency.ts'

describe('money', () => {
  test.each([
    [{ amount: 129_900, currency: 'USD' }, '$1,299.00', 'US$1,299.00'],
    [{ amount: 1_299, currency: 'JPY' }, '¥1,299', 'JP¥1,299'],
    [{ amount: 1_250, currency: 'KWD' }, 'KWD 1.250', 'KWD 1.250'],
    [{ amount: 129_900, currency: 'CNY' }, 'CN¥1,299.00', '¥1,299.00'],
    [{ amount: 129_900, currency: 'HUF' }, 'HUF 1,299', 'HUF 1,299'],
    [{ amount: 129_950, currency: 'HUF' }, 'HUF 1,299.5', 'HUF 1,299.5'],
    [{ amount: 1_299, currency: 'ISK' }, 'ISK 1,299', 'ISK 1,299'],
    [{ amount: 1_299_000, currency: 'IQD' }, 'IQD 1,299', 'IQD 1,299'],
  ])('%o is written with the decimals of its currency', (money, en, zh) => {
    const plain = (text: string): string => text.replaceAll(/\s/gu, ' ')
    expect(plain(formatMoney(money, 'en'))).toBe(en)
    expect(plain(formatMoney(money, 'zh'))).toBe(zh)
  })

  test('is written as its amount in every currency: reading it gives the amount again', () => {
    for (const currency of Intl.supportedValuesOf('currency')) {
      const amount = 1_234_500 + payableStep(currency)
      const number = formatMoney({ amount, currency }, 'en').replaceAll(/[^\d.]|\.(?!\d)/g, '')
      expect(Math.round(Number(number) * 10 ** currencyDecimals(currency)), currency).toBe(amount)
    }
  })

  test('that a card can be charged is a multiple of a cent, a yen, or ten fils', () => {
    expect(isPayable({ amount: 1, currency: 'USD' })).toBe(true)
    expect(isPayable({ amount: 1, currency: 'JPY' })).toBe(true)
    expect(isPayable({ amount: 1_234, currency: 'KWD' })).toBe(false)
    expect(isPayable({ amount: 1_230, currency: 'KWD' })).toBe(true)
    expect(roundToPayable(1_235, 'KWD')).toBe(1_240)
    expect(roundToPayable(1_234.9, 'KWD')).toBe(1_230)
    expect(roundToPayable(-1_235, 'KWD')).toBe(-1_230)
  })
})
