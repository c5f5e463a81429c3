import { describe, expect, test } from 'vitest'
import { eventually } from '#test'
import type { PaymentEvent } from './provider.ts'
import { allMovements, startTestProvider } from './stripe.fixture.ts'

const hourMs = 3_600_000

/** Currency, the shop's minor units of 100 and of 0.01 or 1 of it, Stripe's amount of 100, and Stripe's fee on 90, minor units. */
const currencies = [
  { currency: 'USD', unit: 100, stripeUnit: 100, feeMinor: 291 },
  { currency: 'JPY', unit: 1, stripeUnit: 1, feeMinor: 33 },
  { currency: 'KWD', unit: 1000, stripeUnit: 1000, feeMinor: 2_640 },
  { currency: 'ISK', unit: 1, stripeUnit: 100, feeMinor: 3 },
  { currency: 'UGX', unit: 1, stripeUnit: 100, feeMinor: 3 },
  { currency: 'MGA', unit: 100, stripeUnit: 1, feeMinor: 33_00 },
  { currency: 'TWD', unit: 100, stripeUnit: 100, feeMinor: 291 },
]

describe.each(currencies)('in $currency', ({ currency, unit, stripeUnit, feeMinor }) => {
  const money = (units: number) => ({ amount: units * unit, currency })

  test('Stripe holds, captures, refunds and reports what the shop asked for', async () => {
    await using provider = await startTestProvider()
    const { payments, deliveries } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: money(100), capture: 'later', key: 'open' })
    const confirm = { intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' }
    const held = { status: 'authorised', amountMinor: money(100).amount }
    expect(await payments.confirm(confirm)).toEqual(held)
    expect(await payments.lookUp(intentId)).toEqual(held)
    const captured = { status: 'captured', amountMinor: money(90).amount, feeMinor }
    expect(await payments.capture({ intentId, amount: money(90), key: 'capture' })).toEqual(captured)
    expect(await payments.lookUp(intentId)).toEqual(captured)
    const request = { intentId, refundId: 'r', amount: money(30), mayExist: false, key: 'refund' }
    const { providerRefundId } = await payments.refund(request)
    await provider.control('POST', 'disputes', { payment_intent: intentId })

    expect(await provider.ledgerEntry()).toMatchObject({
      amount: 100 * stripeUnit,
      captured: 90 * stripeUnit,
      refunds: [{ id: providerRefundId, amount: 30 * stripeUnit }],
      disputes: [{ amount: 60 * stripeUnit }],
    })

    const from = new Date(Date.now() - hourMs)
    const movements = await allMovements(payments, from, new Date(Date.now() + hourMs))
    expect(movements.map(({ kind, amount }) => ({ kind, amount }))).toEqual(
      expect.arrayContaining([
        { kind: 'capture', amount: money(90) },
        { kind: 'refund', amount: money(-30) },
        { kind: 'dispute', amount: money(-60) },
      ]),
    )
    expect(movements.find(({ kind }) => kind === 'capture')?.feeMinor).toBe(feeMinor)
    const disputeFeeMinor = (1_500 * unit) / stripeUnit
    expect(movements.find(({ kind }) => kind === 'dispute')?.feeMinor).toBe(disputeFeeMinor)

    const events = (): PaymentEvent[] =>
      deliveries.flatMap(({ body, signature }) => payments.readWebhook(body, signature) ?? [])
    await eventually(() =>
      expect(events()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ result: held }),
          expect.objectContaining({ result: { ...captured, feeMinor: null } }),
          expect.objectContaining({ kind: 'refund', providerRefundId, amount: money(30) }),
          expect.objectContaining({ kind: 'dispute', amount: money(60), feeMinor: disputeFeeMinor }),
        ]),
      ),
    )
  })
})

test('an amount that no card can be charged is rejected before anything is sent', async () => {
  await using provider = await startTestProvider()
  const { payments } = provider
  const kwd = (amount: number) => ({ amount, currency: 'KWD' })
  const rejection = { name: 'PaymentRejectedError', code: 'amount_invalid' }
  const open = { orderId: 'o', capture: 'later', key: 'open' } as const
  await expect(payments.open({ ...open, amount: kwd(5_124) })).rejects.toMatchObject(rejection)
  const { intentId } = await payments.open({ ...open, amount: kwd(5_120) })
  await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' })
  await expect(payments.capture({ intentId, amount: kwd(5_115), key: 'capture' })).rejects.toMatchObject(rejection)
  await payments.capture({ intentId, amount: kwd(5_120), key: 'capture:2' })
  const refund = { intentId, refundId: 'r', amount: kwd(5), mayExist: false, key: 'refund' }
  await expect(payments.refund(refund)).rejects.toMatchObject(rejection)
  expect(await provider.ledgerEntry()).toMatchObject({ captured: 5_120, refunded: 0 })
})
