import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shippingCountries, shippingCurrencies, shippingOptions } from './shipping.rules.ts'
import { taxOn } from './tax.rules.ts'
import { sumUp } from './totals.rules.ts'

const de = { country: 'DE' }
const ca = { country: 'CA', region: 'AB' }

describe('tax', () => {
  test('is part of the price in Europe and China, and added in Canada', () => {
    expect(taxOn(de, 11_900)).toEqual({ taxMinor: 1_900, isIncluded: true })
    expect(taxOn({ country: 'CN' }, 11_300)).toEqual({ taxMinor: 1_300, isIncluded: true })
    expect(taxOn(ca, 10_000)).toEqual({ taxMinor: 500, isIncluded: false })
    expect(taxOn({ country: 'US', region: 'CA' }, 10_000)).toEqual({ taxMinor: 0, isIncluded: false })
    expect(taxOn({ country: 'ZZ' }, 10_000)).toEqual({ taxMinor: 0, isIncluded: false })
  })

  test('is rounded half up, once', () => {
    expect(taxOn(ca, 10)).toEqual({ taxMinor: 1, isIncluded: false })
    expect(taxOn(ca, 9)).toEqual({ taxMinor: 0, isIncluded: false })
  })

  test.each([
    ['ON', 1_300],
    ['NS', 1_400],
    ['NB', 1_500],
    ['BC', 500],
    ['QC', 500],
  ])('of %s is the harmonised one, or the federal one alone', (region, taxMinor) => {
    expect(taxOn({ country: 'CA', region }, 10_000)).toEqual({ taxMinor, isIncluded: false })
  })

  test.each([
    ['ES', '35001', 0],
    ['ES', '38001', 0],
    ['ES', '51001', 0],
    ['ES', '28001', 2_100],
    ['DE', '78266', 0],
    ['DE', '27498', 0],
    ['DE', '78267', 1_900],
    ['PT', '9000-001', 2_200],
    ['PT', '9500-001', 1_600],
    ['PT', '1000-001', 2_300],
    ['FR', '97400', 0],
    ['FR', '75001', 2_000],
    ['FI', '22100', 0],
    ['IT', '23041', 0],
    ['GB', 'JE2 3AB', 0],
    ['GB', 'BT1 5GS', 2_000],
    ['NO', '9170', 0],
    ['AT', '6991', 1_900],
  ])('of %s %s is that of its territory', (country, postalCode, perTenThousand) => {
    const { taxMinor } = taxOn({ country, postalCode }, 1_000_000 + perTenThousand * 100)
    expect(taxMinor).toBe(perTenThousand * 100)
  })

  test('has a rate for each country that the shop delivers to', () => {
    for (const country of shippingCountries)
      expect(taxOn({ country }, 100_000).taxMinor > 0 || ['US', 'HK', 'MO'].includes(country), country).toBe(true)
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
          const sums = sumUp({ itemsMinor, shippingMinor, destination: { country } })
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
  test.each(shippingCurrencies)('has prices in %s for every destination, cheapest first', (currency) => {
    for (const country of ['US', 'DE', 'GB', 'CN', 'HK', 'JP']) {
      const options = shippingOptions({ address: { country }, items: { amount: 100, currency }, locale: 'zh' })
      expect(options.map(({ id }) => id)).toEqual(['standard', 'express'])
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
