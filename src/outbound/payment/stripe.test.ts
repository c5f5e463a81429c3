import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { eur, pay, testProvider, type TestProvider } from './stripe.fixture.ts'
import type { PaymentResult } from './provider.ts'
import { createStripeProvider } from './stripe.ts'

/** Stripe's 2.9 % + 0.30 of 100.00. */
const feeMinor = 320

describe('a payment', () => {
  test('is charged at once, and its fee is known with it', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'open' })
    const captured = { status: 'captured', amountMinor: 10_000, feeMinor }
    const confirm = { intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' }
    expect(await payments.confirm(confirm)).toEqual(captured)
    expect(await payments.lookUp(intentId)).toEqual(captured)
    expect(await provider.truth()).toMatchObject({ captured: 10_000, fees: feeMinor, metadata: { order_id: 'o' } })
  })

  test('is held and captured later in part; the rest is let go', async () => {
    await using provider = await testProvider()
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
    expect(await provider.truth()).toMatchObject({ captured: 4_000, captures: 1, authorised: 0 })
  })

  test('is never captured beyond what is held', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const intentId = await pay(payments, { capture: 'later' })
    const tooMuch = payments.capture({ intentId, amount: eur(10_001), key: 'capture' })
    await expect(tooMuch).rejects.toMatchObject({ name: 'PaymentRefusal', code: 'amount_too_large' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'authorised', amountMinor: 10_000 })
  })

  test('that is held is let go by voiding, once for all', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const intentId = await pay(payments, { capture: 'later' })
    expect(await payments.void({ intentId, key: 'void' })).toEqual({ status: 'voided' })
    expect(await payments.capture({ intentId, amount: eur(10_000), key: 'capture' })).toEqual({ status: 'voided' })
    expect(await provider.truth()).toMatchObject({ captured: 0, authorised: 0, status: 'canceled' })
  })

  test('that is past a step answers that step with what it has come to', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const captured = { status: 'captured', amountMinor: 10_000, feeMinor }
    const again = { intentId, token: 'pm_card_visa', returnUrl: null, key: 'another' }
    expect(await payments.confirm(again)).toEqual(captured)
    expect(await payments.capture({ intentId, amount: eur(10_000), key: 'capture' })).toEqual(captured)
    expect(await payments.void({ intentId, key: 'void' })).toEqual(captured)
    expect(await provider.truth()).toMatchObject({ captures: 1 })
  })

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_of_nobody', 'payment_method_unknown'],
  ])('with %s is declined as %s, and can be paid otherwise', async (token, code) => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const confirm = { intentId, returnUrl: null }
    expect(await payments.confirm({ ...confirm, token, key: '1' })).toEqual({ status: 'declined', code })
    expect(await payments.confirm({ ...confirm, token: 'pm_card_visa', key: '2' })).toMatchObject({
      status: 'captured',
    })
  })

  test('without a token waits for one', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const confirm = { intentId, token: null, returnUrl: null, key: 'confirm' }
    expect(await payments.confirm(confirm)).toEqual({ status: 'open' })
  })

  test('that the bank must confirm sends the buyer there, and looking tells what came of it', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'later', key: 'open' })
    const token = 'pm_card_authenticationRequired'
    const asked = await payments.confirm({ intentId, token, returnUrl: 'https://shop.example/o', key: 'confirm' })
    expect(asked).toEqual({ status: 'requires_action', url: expect.stringContaining(`/authenticate/${intentId}/`) })
    expect(await payments.lookUp(intentId)).toEqual(asked)
    await provider.control('POST', `payment_intents/${intentId}/authenticate`, { outcome: 'authorise' })
    expect(await payments.lookUp(intentId)).toEqual({ status: 'authorised', amountMinor: 10_000 })
  })

  test('that the provider is still at is processing', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' })
    const token = 'pm_usBankAccount_processing'
    expect(await payments.confirm({ intentId, token, returnUrl: null, key: 'confirm' })).toEqual({
      status: 'processing',
    })
  })

  test('that nobody knows, or of an amount that nobody takes, is a definite no', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const refusal = { name: 'PaymentRefusal', message: expect.stringMatching(/refuses: \w+$/) }
    await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ ...refusal, code: 'resource_missing' })
    const tooLittle = { orderId: 'o', amount: eur(1), capture: 'now', key: 'open' } as const
    await expect(payments.open(tooLittle)).rejects.toMatchObject({ ...refusal, code: 'amount_too_small' })
  })
})

describe('an answer that is lost', () => {
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
    'of %s is unknown, found by looking, and the same again under its key',
    async (operation, step, result) => {
      await using provider = await testProvider()
      const { payments } = provider
      const { intentId } = await payments.open({ orderId: 'o', amount: eur(10_000), capture: 'later', key: 'open' })
      if (operation !== 'confirm')
        await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: 'confirm' })
      await provider.fault({ mode: 'lose_reply', operation })
      await expect(step(provider, intentId)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
      await provider.fault()
      expect(await payments.lookUp(intentId)).toEqual(result)
      expect(await step(provider, intentId)).toEqual(result)
      expect(await provider.truth()).toMatchObject({ attempts: 1 })
    },
  )

  test('of open leaves one payment, found under its key', async () => {
    await using provider = await testProvider()
    const request = { orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' } as const
    await provider.fault({ mode: 'lose_reply', operation: 'create' })
    await expect(provider.payments.open(request)).rejects.toMatchObject({ reason: 'unknown' })
    await provider.fault()
    const { intentId } = await provider.payments.open(request)
    expect(await provider.truth()).toMatchObject({ id: intentId })
  })
})

describe('a provider', () => {
  const open = { orderId: 'o', amount: eur(10_000), capture: 'now', key: 'open' } as const

  test('that does not answer in time leaves the outcome unknown', async () => {
    await using provider = await testProvider({ timeoutMs: 100 })
    await provider.fault({ mode: 'hang' })
    await expect(provider.payments.open(open)).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  })

  test('that fails says nothing certain, replays it under the same key, and works under a new one', async () => {
    await using provider = await testProvider()
    await provider.fault({ mode: 'fail', count: 1 })
    const failed = { name: 'OutboundError', reason: 'failed' }
    await expect(provider.payments.open(open)).rejects.toMatchObject(failed)
    await expect(provider.payments.open(open)).rejects.toMatchObject(failed)
    await expect(provider.payments.open({ ...open, key: 'open:2' })).resolves.toHaveProperty('intentId')
  })

  test('that is not there was sent nothing', async () => {
    const nobody = { secretKey: 'sk_test', webhookSecret: undefined, url: 'http://127.0.0.1:1', timeoutMs: 1_000 }
    const payments = createStripeProvider({ ...nobody, log: pino({ level: 'silent' }) })
    const unreachable = { name: 'OutboundError', reason: 'unreachable' }
    await expect(payments.open(open)).rejects.toMatchObject(unreachable)
    // Nor is anything sent while the process ends.
    payments.close()
    await expect(payments.open(open)).rejects.toMatchObject(unreachable)
  })

  test('that refuses our key has done nothing: the call is put off until the key is right', async () => {
    await using provider = await testProvider({ shopKey: 'sk_test_of_somebody_else' })
    const { payments } = provider
    const refused = expect.stringContaining('PAYMENT_SECRET_KEY') as string
    await expect(payments.open(open)).rejects.toMatchObject({ reason: 'unreachable', message: refused })
    await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ reason: 'unreachable' })
  })

  test('that declines cards and refuses requests is well: its breaker stays closed', async () => {
    await using provider = await testProvider()
    const { payments } = provider
    const { intentId } = await payments.open(open)
    for (let n = 0; n < 15; n++) {
      const confirm = { intentId, token: 'pm_card_chargeDeclined', returnUrl: null, key: `confirm:${n}` }
      expect(await payments.confirm(confirm)).toMatchObject({ status: 'declined' })
      await expect(payments.lookUp('pi_none')).rejects.toMatchObject({ name: 'PaymentRefusal' })
    }
    expect(await payments.lookUp(intentId)).toMatchObject({ status: 'declined' })
  })

  test('that knows a key from a different call makes the shop look before it takes a new one', async () => {
    await using provider = await testProvider()
    await provider.payments.open(open)
    const other = provider.payments.open({ ...open, amount: eur(20_000) })
    await expect(other).rejects.toMatchObject({ name: 'OutboundError', reason: 'failed' })
  })
})
