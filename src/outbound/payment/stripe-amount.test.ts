import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { payableStep } from '#lib/currency'
import { fromStripeAmount, toStripeAmount } from './stripe-amount.ts'

const currency = fc.constantFrom(...Intl.supportedValuesOf('currency'))

describe('an amount', () => {
  test('of any currency comes back from Stripe as it was sent', () => {
    fc.assert(
      fc.property(currency, fc.integer({ min: -999_999_999, max: 999_999_999 }), (code, steps) => {
        const money = { amount: steps * payableStep(code), currency: code }
        const sent = toStripeAmount(money)
        expect(Number.isSafeInteger(sent)).toBe(true)
        expect(fromStripeAmount(sent, code.toLowerCase())).toEqual(money)
      }),
    )
  })

  test.each([
    ['10 USD', 10_00, 'USD', 1000],
    ['500 JPY', 500, 'JPY', 500],
    ['5 ISK', 5, 'ISK', 500],
    ['5 UGX', 5, 'UGX', 500],
    ['500 MGA', 500_00, 'MGA', 500],
    ['5.120 KWD', 5_120, 'KWD', 5120],
    ['10.45 HUF', 10_45, 'HUF', 1045],
    ['800.45 TWD', 800_45, 'TWD', 80_045],
  ])('of %s is written as Stripe documents it', (_, amount, code, documented) => {
    expect(toStripeAmount({ amount, currency: code })).toBe(documented)
    expect(fromStripeAmount(documented, code.toLowerCase())).toEqual({ amount, currency: code })
  })

  test.each([
    [5_124, 'KWD'],
    [500_50, 'MGA'],
    [0.5, 'USD'],
    [Number.NaN, 'ISK'],
  ])('of %d minor units of %s, which no card can be charged, is never sent', (amount, code) => {
    const rejection = { name: 'PaymentRejectedError', code: 'amount_invalid' }
    expect(() => toStripeAmount({ amount, currency: code })).toThrow(expect.objectContaining(rejection))
  })

  test.each(['10', null, undefined, 1.5, 1e300, Number.NaN])('%s of Stripe is no amount', (amount) => {
    expect(() => fromStripeAmount(amount as number, 'usd')).toThrow(TypeError)
  })

  test('below one króna, such as a fee, is rounded', () => {
    expect(fromStripeAmount(149, 'isk')).toEqual({ amount: 1, currency: 'ISK' })
    expect(fromStripeAmount(-49, 'isk')).toEqual({ amount: 0, currency: 'ISK' })
  })
})
