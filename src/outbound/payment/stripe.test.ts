import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { eur, pay, startTestProvider, type TestProvider } from './stripe.fixture.ts'
import type { PaymentResult } from './provider.ts'
import { createStripeProvider } from './stripe.ts'

/** Stripe's fee of 2.9 % + 0.30 on 100.00. */
const feeMinor = 320

describe('a payment', () => {
  test('is charged immediately, and its fee is known with the charge', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'open' })
    const captured = { status: 'captured', amountMinor: 10_000, feeMinor }
    const confirm = { intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' }
    expect(await payments.confirm(confirm)).toEqual(captured)
    expect(await payments.lookUp(intentId)).toEqual(captured)
    expect(await provider.ledgerEntry()).toMatchObject({
      captured: 10_000,
      fees: feeMinor,
      metadata: { order_id: 'o' },
    })
  })

  test('is held and later captured in part, and the rest is released', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'later', key: 'open' })
    const held = await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' })
    expect(held).toEqual({ status: 'authorised', amountMinor: 10_000 })
    expect(await payments.lookUp(intentId)).toEqual(held)
    expect(await payments.capture({ intentId, amount: eur(4_000), key: 'capture' })).toEqual({
      status: 'captured',
      amountMinor: 4_000,
      feeMinor: 146,
    })
    expect(await provider.ledgerEntry()).toMatchObject({ captured: 4_000, captures: 1, authorised: 0 })
  })

  test('is never captured beyond what is held', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments, { capture: 'later' })
    const tooMuch = payments.capture({ intentId, amount: eur(10_001), key: 'capture' })
    await expect(tooMuch).rejects.toMatchObject({ name: 'PaymentRejectedError', code: 'amount_too_large' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'authorised', amountMinor: 10_000 })
  })

  test('that was voided releases its money and cannot be captured', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments, { capture: 'later' })
    expect(await payments.void({ intentId, key: 'void' })).toEqual({ status: 'voided' })
    expect(await payments.capture({ intentId, amount: eur(10_000), key: 'capture' })).toEqual({ status: 'voided' })
    expect(await provider.ledgerEntry()).toMatchObject({ captured: 0, authorised: 0, status: 'canceled' })
  })

  test('returns its state for a step that was done before', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const captured = { status: 'captured', amountMinor: 10_000, feeMinor }
    const again = { intentId, token: 'pm_card_visa', returnUrl: null, key: 'another' }
    expect(await payments.confirm(again)).toEqual(captured)
    expect(await payments.capture({ intentId, amount: eur(10_000), key: 'capture' })).toEqual(captured)
    expect(await payments.void({ intentId, key: 'void' })).toEqual(captured)
    expect(await provider.ledgerEntry()).toMatchObject({ captures: 1 })
  })

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_of_nobody', 'payment_method_unknown'],
  ])('with %s is declined as %s, and can be paid with another card', async (token, code) => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const confirm = { intentId, returnUrl: null }
    expect(await payments.confirm({ ...confirm, token, key: '1' })).toEqual({ status: 'declined', code })
    expect(await payments.confirm({ ...confirm, token: 'pm_card_visa', key: '2' })).toMatchObject({
      status: 'captured',
    })
  })

  test('without a token waits for one', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const confirm = { intentId, token: null, returnUrl: null, key: 'confirm' }
    expect(await payments.confirm(confirm)).toEqual({ status: 'open' })
  })

  test('that needs the bank’s confirmation has its address, and `lookUp` returns the result', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'later', key: 'open' })
    const token = 'pm_card_authenticationRequired'
    const pending = await payments.confirm({
      intentId,
      token,
      returnUrl: 'https://shop.example/o',
      key: 'confirm',
    })
    expect(pending).toEqual({ status: 'requires_action', url: expect.stringContaining(`/authenticate/${intentId}/`) })
    expect(await payments.lookUp(intentId)).toEqual(pending)
    await provider.control('POST', `payment_intents/${intentId}/authenticate`, { outcome: 'authorise' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'authorised', amountMinor: 10_000 })
  })

  test('that the provider has not finished is processing', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const token = 'pm_usBankAccount_processing'
    expect(await payments.confirm({ intentId, token, returnUrl: null, key: 'confirm' })).toEqual({
      status: 'processing',
    })
  })

  test('that does not exist, or of too small an amount, is rejected', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const rejection = { name: 'PaymentRejectedError', message: expect.stringMatching(/rejected the request: \w+$/) }
    await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ ...rejection, code: 'resource_missing' })
    const tooLittle = { orderId: 'o', amount: eur(1), capture: 'now', key: 'open' } as const
    await expect(payments.open(tooLittle)).rejects.toMatchObject({ ...rejection, code: 'amount_too_small' })
  })
})

describe('a lost reply', () => {
  const steps: [string, (provider: TestProvider, intentId: string) => Promise<PaymentResult>, object][] = [
    [
      'confirm',
      ({ payments }, intentId) => payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: 'k' }),
      { status: 'authorised', amountMinor: 10_000 },
    ],
    [
      'capture',
      ({ payments }, intentId) => payments.capture({ intentId, amount: eur(9_000), key: 'k' }),
      { status: 'captured', amountMinor: 9_000, feeMinor: 291 },
    ],
    ['cancel', ({ payments }, intentId) => payments.void({ intentId, key: 'k' }), { status: 'voided' }],
  ]
  test.each(steps)(
    'to %s is an unknown result, which `lookUp` and the same key return',
    async (operation, step, result) => {
      await using provider = await startTestProvider()
      const { payments } = provider
      const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'later', key: 'open' })
      if (operation !== 'confirm')
        await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' })
      await provider.fault({ mode: 'lose_reply', operation })
      await expect(step(provider, intentId)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
      await provider.fault()
      expect(await payments.lookUp(intentId)).toEqual(result)
      expect(await step(provider, intentId)).toEqual(result)
      expect(await provider.ledgerEntry()).toMatchObject({ attempts: 1 })
    },
  )

  test('to open leaves one payment, found under its key', async () => {
    await using provider = await startTestProvider()
    const request = { orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' } as const
    await provider.fault({ mode: 'lose_reply', operation: 'create' })
    await expect(provider.payments.open(request)).rejects.toMatchObject({ reason: 'unknown' })
    await provider.fault()
    const { intentId } = await provider.payments.open(request)
    expect(await provider.ledgerEntry()).toMatchObject({ id: intentId })
  })
})

describe('a provider', () => {
  const open = { orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' } as const

  test('that does not respond in time leaves the result unknown', async () => {
    await using provider = await startTestProvider({ timeoutMs: 100 })
    await provider.fault({ mode: 'hang' })
    await expect(provider.payments.open(open)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  })

  test('that failed replays the failure under the same key and works under a new one', async () => {
    await using provider = await startTestProvider()
    await provider.fault({ mode: 'fail', count: 1 })
    const failed = { name: 'OutboundError', reason: 'failed' }
    await expect(provider.payments.open(open)).rejects.toMatchObject(failed)
    await expect(provider.payments.open(open)).rejects.toMatchObject(failed)
    await expect(provider.payments.open({ ...open, key: 'open:2' })).resolves.toHaveProperty('intentId')
  })

  test('that is unreachable was sent nothing', async () => {
    const unreachableUrl = {
      secretKey: 'sk_test',
      webhookSecret: undefined,
      url: 'http://127.0.0.1:1',
      timeoutMs: 1_000,
    }
    const payments = createStripeProvider({ ...unreachableUrl, log: pino({ level: 'silent' }) })
    const unreachable = { name: 'OutboundError', reason: 'unreachable' }
    await expect(payments.open(open)).rejects.toMatchObject(unreachable)
    // Nothing is sent while the process ends, either.
    payments.close()
    await expect(payments.open(open)).rejects.toMatchObject(unreachable)
  })

  test('that rejects the API key has done nothing, so the call is retried later', async () => {
    await using provider = await startTestProvider({ shopKey: 'sk_test_of_somebody_else' })
    const { payments } = provider
    const message = expect.stringContaining('PAYMENT_SECRET_KEY') as string
    await expect(payments.open(open)).rejects.toMatchObject({ reason: 'unreachable', message })
    await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ reason: 'unreachable' })
  })

  test('that declines cards and rejects requests is healthy: its breaker stays closed', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const { intentId } = await payments.open(open)
    for (let n = 0; n < 15; n++) {
      const confirm = { intentId, token: 'pm_card_chargeDeclined', returnUrl: null, key: `confirm:${n}` }
      expect(await payments.confirm(confirm)).toMatchObject({ status: 'declined' })
      await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ name: 'PaymentRejectedError' })
    }
    expect(await payments.lookUp(intentId)).toMatchObject({ status: 'declined' })
  })

  test('that knows the key from a different call makes the shop look up the result first', async () => {
    await using provider = await startTestProvider()
    await provider.payments.open(open)
    const other = provider.payments.open({ ...open, amount: eur(20_000) })
    await expect(other).rejects.toMatchObject({ name: 'OutboundError', reason: 'failed' })
  })
})
