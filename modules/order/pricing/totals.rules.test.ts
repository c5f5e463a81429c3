import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPayable, payableStep } from '#lib/currency'
import { hasExchangeRate } from '#lib/exchange-rates'
import { shippingOptions } from './shipping.rules.ts'
import { taxOn } from './tax.rules.ts'
import { sumUp } from './totals.rules.ts'

const inCents = (amount: number) => ({ amount, currency: 'EUR' })
const currencies = Intl.supportedValuesOf('currency').filter((code) => hasExchangeRate(code))

describe('tax', () => {
  test('is part of the price in Europe and China, and added in Canada', () => {
    expect(taxOn({ country: 'DE' }, inCents(11_900))).toEqual({ taxMinor: 1_900, isIncluded: true })
    expect(taxOn({ country: 'CN' }, inCents(11_300))).toEqual({ taxMinor: 1_300, isIncluded: true })
    expect(taxOn({ country: 'CA' }, inCents(10_000))).toEqual({ taxMinor: 500, isIncluded: false })
    expect(taxOn({ country: 'US' }, inCents(10_000))).toEqual({ taxMinor: 0, isIncluded: false })
  })

  test.each([
    ['DE', '78266', 0],
    ['DE', '27498', 0],
    ['ES', '35001', 0],
    ['ES', '51001', 0],
    ['ES', '52001', 0],
    ['ES', '28039', 21],
    ['FR', '97110', 8.5],
    ['FR', '97300', 0],
    ['FR', '98000', 20],
    ['FR', '75001', 20],
    ['PT', '9000-001', 22],
    ['PT', '9500-001', 16],
    ['PT', '1250-096', 23],
    ['IT', '23041', 0],
    ['IT', '00144', 22],
    ['FI', '22100', 0],
    ['AT', '6691', 19],
    ['GB', 'JE2 3AB', 0],
    ['GB', 'BT1 1AA', 20],
    ['NO', '9170', 0],
    ['CH', '7562', 0],
  ])('in %s at %s is that of the territory: %s %%', (country, postalCode, percent) => {
    const { taxMinor } = taxOn({ country, postalCode }, inCents(100_000 + percent * 1_000))
    expect(taxMinor).toBe(percent * 1_000)
  })

  test.each([
    ['AB', 5_000],
    ['BC', 12_000],
    ['Ontario', 13_000],
    ['NS', 14_000],
    ['QC', 14_975],
    ['elsewhere', 5_000],
  ])('in the Canadian province %s is added at its rate', (region, taxMinor) => {
    expect(taxOn({ country: 'CA', region, postalCode: 'K1A 0B1' }, inCents(100_000))).toEqual({
      taxMinor,
      isIncluded: false,
    })
  })

  test('is not charged in Hong Kong, written as a region of China', () => {
    expect(taxOn({ country: 'CN', region: '香港' }, inCents(1_000)).taxMinor).toBe(0)
  })

  test('in dinars is a multiple of 10 fils, and in yen of one yen', () => {
    expect(taxOn({ country: 'DE' }, { amount: 12_340, currency: 'KWD' })).toEqual({ taxMinor: 1_970, isIncluded: true })
    expect(taxOn({ country: 'CA' }, { amount: 12_340, currency: 'KWD' })).toEqual({ taxMinor: 620, isIncluded: false })
    expect(taxOn({ country: 'JP' }, { amount: 1_980, currency: 'JPY' })).toEqual({ taxMinor: 180, isIncluded: true })
  })

  test('is rounded half up, once', () => {
    expect(taxOn({ country: 'CA' }, inCents(10))).toEqual({ taxMinor: 1, isIncluded: false })
    expect(taxOn({ country: 'CA' }, inCents(9))).toEqual({ taxMinor: 0, isIncluded: false })
  })
})

describe('totals', () => {
  test('the total is goods less discount plus shipping, and tax only where it is added, payable in every currency', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.nat(1e6),
        fc.constantFrom('DE', 'CN', 'CA', 'US', 'MX', 'ZZ'),
        fc.constantFrom(...currencies),
        (items, shipping, country, currency) => {
          const step = payableStep(currency)
          const [itemsMinor, shippingMinor] = [items * step, shipping * step]
          const sums = sumUp({ currency, itemsMinor, shippingMinor, address: { country } })
          expect(isPayable({ amount: sums.totalMinor, currency })).toBe(true)
          expect(isPayable({ amount: sums.taxMinor, currency })).toBe(true)
          expect(Object.values(sums).every((value) => typeof value === 'boolean' || Number.isSafeInteger(value))).toBe(
            true,
          )
          expect(sums.totalMinor).toBe(itemsMinor + shippingMinor + (sums.taxIncluded ? 0 : sums.taxMinor))
          expect(sums.taxMinor).toBeLessThanOrEqual(sums.totalMinor)
        },
      ),
    )
  })
})

describe('shipping', () => {
  test.each(currencies)('has prices in %s for every destination, cheapest first', (currency) => {
    for (const country of ['US', 'DE', 'GB', 'CN', 'HK', 'JP']) {
      const options = shippingOptions({ address: { country }, items: { amount: 100, currency }, locale: 'zh' })
      expect(options.map(({ id }) => id)).toEqual(['standard', 'express'])
      expect(options.every(({ price }) => price.amount > 0 && isPayable(price))).toBe(true)
      expect(options.every(({ price, name }) => price.currency === currency && /[一-鿿]/.test(name))).toBe(true)
    }
  })

  test('is free for a large order, and not offered where the shop does not deliver', () => {
    expect(
      shippingOptions({ address: { country: 'DE' }, items: { amount: 14_000, currency: 'EUR' }, locale: 'en' })[0],
    ).toMatchObject({ price: { amount: 0 } })
    expect(
      shippingOptions({ address: { country: 'AQ' }, items: { amount: 100, currency: 'EUR' }, locale: 'en' }),
    ).toEqual([])
  })
})
