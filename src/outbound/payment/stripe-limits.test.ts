import { expect, test } from 'vitest'
import { startTestProvider } from './stripe.fixture.ts'

/** Smallest and largest charge that Stripe documents, in the shop's minor units. */
const limits = [
  ['USD', 50, 99_999_999],
  ['EUR', 50, 99_999_999],
  ['GBP', 30, 99_999_999],
  ['HKD', 400, 99_999_999],
  ['CZK', 15_00, 999_999_999_999],
  ['HUF', 175_00, 999_999_999_999],
  ['THB', 10_00, 999_999_999_999],
  ['JPY', 50, 99_999_999],
  ['KRW', 50, 99_999_999],
  ['KWD', 10, 99_999_990],
  ['ISK', 1, 9_999_999_999],
  ['UGX', 1, 9_999_999_999],
  ['MGA', 1_00, 999_999_999_999_00],
] as const

test.each(limits)('a charge in %s is accepted from %d to %d minor units, as by Stripe', async (currency, min, max) => {
  await using provider = await startTestProvider()
  const { payments, stripe } = provider
  const open = (amount: number) =>
    payments.open({ orderId: 'o', amount: { amount, currency }, capture: 'now', key: String(amount) })
  for (const amount of [min, max]) {
    expect(payments.accepts({ amount, currency })).toBe(true)
    await expect(open(amount)).resolves.toHaveProperty('intentId')
  }
  const step = { KWD: 10, MGA: 100 }[currency as string] ?? 1
  expect(payments.accepts({ amount: min - step, currency })).toBe(false)
  expect(payments.accepts({ amount: max + step, currency })).toBe(false)
  if (min > step) await expect(open(min - step)).rejects.toMatchObject({ code: 'amount_too_small' })
  await expect(open(max + step)).rejects.toMatchObject({ code: 'amount_too_large' })
  expect((await stripe.paymentIntents.list()).data).toHaveLength(2)
})

test('an amount between two that a card can be charged is not accepted', async () => {
  await using provider = await startTestProvider()
  const { payments } = provider
  expect(payments.accepts({ amount: 5_120, currency: 'KWD' })).toBe(true)
  expect(payments.accepts({ amount: 5_124, currency: 'KWD' })).toBe(false)
  expect(payments.accepts({ amount: 500_00, currency: 'MGA' })).toBe(true)
  expect(payments.accepts({ amount: 500_50, currency: 'MGA' })).toBe(false)
})
