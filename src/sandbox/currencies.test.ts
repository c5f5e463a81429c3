import { describe, expect, test } from 'vitest'
import { testSandbox } from './sandbox.fixture.ts'

const visa = { payment_method: 'pm_card_visa', confirm: true } as const

describe('an amount', () => {
  test.each([
    ['kwd', 5_124, 5_120],
    ['bhd', 5_001, 5_010],
    ['isk', 550, 500],
    ['ugx', 5_50, 5_00],
  ])('in %s of %d, whose last digits must be 0, is rejected; %d is charged', async (currency, wrong, right) => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const rejection = { statusCode: 400, type: 'StripeInvalidRequestError' }
    const create = (amount: number) =>
      stripe.paymentIntents.create({ amount, currency, capture_method: 'manual', ...visa })
    await expect(create(wrong)).rejects.toMatchObject({ ...rejection, param: 'amount' })
    const { id } = await create(right)
    const tooFine = stripe.paymentIntents.capture(id, { amount_to_capture: right - 5 })
    await expect(tooFine).rejects.toMatchObject({ ...rejection, param: 'amount_to_capture' })
    expect(await stripe.paymentIntents.capture(id)).toMatchObject({ amount_received: right })
    const refund = stripe.refunds.create({ payment_intent: id, amount: right - 5 })
    await expect(refund).rejects.toMatchObject({ ...rejection, param: 'amount' })
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: right })
  })

  test.each(['huf', 'twd', 'usd'])('in %s has two free decimals', async (currency) => {
    await using sandbox = await testSandbox()
    const paid = await sandbox.stripe.paymentIntents.create({ amount: 80_045, currency, ...visa })
    expect(paid).toMatchObject({ status: 'succeeded', amount_received: 80_045 })
  })

  test('in krónur leaves fees and balance in whole krónur', async () => {
    await using sandbox = await testSandbox()
    await sandbox.stripe.paymentIntents.create({ amount: 12_300, currency: 'isk', ...visa })
    const [charge] = (await sandbox.stripe.balanceTransactions.list()).data
    expect(charge).toMatchObject({ amount: 12_300, fee: 400, net: 11_900 })
  })

  test.each([
    ['usd', 2_500, '$25.00'],
    ['jpy', 2_500, '¥2,500'],
    ['kwd', 2_500, 'KWD 2.500'],
    ['isk', 2_500, 'ISK 25.00'],
    ['ugx', 2_500, 'UGX 25.00'],
    ['mga', 2_500, 'MGA 2,500'],
    ['huf', 175_45, 'HUF 175.45'],
    ['twd', 25_45, 'NT$25.45'],
  ])('in %s of %d is shown to the buyer as %s', async (currency, amount, shown) => {
    await using sandbox = await testSandbox()
    const secure = { payment_method: 'pm_card_authenticationRequired', confirm: true } as const
    const { next_action } = await sandbox.stripe.paymentIntents.create({ amount, currency, ...secure })
    const page = await (await fetch(next_action?.redirect_to_url?.url ?? '')).text()
    expect(page.replaceAll('\u00a0', ' ')).toContain(shown)
  })
})

test('the smallest and the largest charge depend on the currency', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const create = (amount: number, currency: string) => stripe.paymentIntents.create({ amount, currency })
  for (const [currency, min] of [
    ['usd', 50],
    ['jpy', 50],
    ['hkd', 400],
    ['huf', 17_500],
    ['czk', 1_500],
    ['myr', 200],
  ] as const) {
    await expect(create(min - 1, currency)).rejects.toMatchObject({ statusCode: 400, code: 'amount_too_small' })
    expect(await create(min, currency)).toMatchObject({ amount: min })
  }
  for (const [currency, max] of [
    ['usd', 99_999_999],
    ['jpy', 99_999_999],
    ['idr', 999_999_999_999],
    ['ugx', 999_999_999_900],
  ] as const) {
    await expect(create(max + 100, currency)).rejects.toMatchObject({ statusCode: 400, code: 'amount_too_large' })
    expect(await create(max, currency)).toMatchObject({ amount: max })
  }
})
