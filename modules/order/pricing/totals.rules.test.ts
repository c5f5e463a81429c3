import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPayable } from '#lib/currency'
import { hasShippingPrices, shippingOptions } from './shipping.rules.ts'
import { taxOn } from './tax.rules.ts'
import { sumUp } from './totals.rules.ts'

describe('tax', () => {
  test('is part of the price in Europe and China, and added in Canada', () => {
    expect(taxOn('DE', 11_900)).toEqual({ taxMinor: 1_900, isIncluded: true })
    expect(taxOn('CN', 11_300)).toEqual({ taxMinor: 1_300, isIncluded: true })
    expect(taxOn('CA', 10_000)).toEqual({ taxMinor: 500, isIncluded: false })
    expect(taxOn('US', 10_000)).toEqual({ taxMinor: 0, isIncluded: false })
  })

  test('is rounded half up, once', () => {
    expect(taxOn('CA', 10)).toEqual({ taxMinor: 1, isIncluded: false })
    expect(taxOn('CA', 9)).toEqual({ taxMinor: 0, isIncluded: false })
  })
})

describe('totals', () => {
  test('the total is goods less discount plus shipping, and tax only where it is added', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.nat(1e6),
        fc.constantFrom('DE', 'CN', 'CA', 'US', 'MX', 'ZZ'),
        (itemsMinor, shippingMinor, country) => {
          const sums = sumUp({ itemsMinor, shippingMinor, country })
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
  test.each(Intl.supportedValuesOf('currency').filter((code) => hasShippingPrices(code)))('has prices in %s for every destination, cheapest first', (currency) => {
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
