import { describe, expect, test } from 'vitest'
import { eur, pay, startTestProvider } from './stripe.fixture.ts'

const refund = { refundId: 'refund-1', amount: eur(4_000), mayExist: false, key: 'refund-1' }

describe('a refund', () => {
  test('returns money in parts, down to the last cent and no further', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const made = await payments.refund({ ...refund, intentId })
    expect(made).toEqual({ status: 'succeeded', providerRefundId: expect.stringMatching(/^re_/) })
    const tooMuch = { refundId: 'refund-2', amount: eur(6_001), mayExist: false, key: 'refund-2', intentId }
    await expect(payments.refund(tooMuch)).rejects.toMatchObject({
      name: 'PaymentRejectedError',
      code: 'amount_too_large',
    })
    await payments.refund({ ...tooMuch, amount: eur(6_000), key: 'refund-2b' })
    const afterAll = payments.refund({ ...refund, intentId, refundId: 'refund-3', key: 'refund-3', amount: eur(1) })
    await expect(afterAll).rejects.toMatchObject({ name: 'PaymentRejectedError', code: 'charge_already_refunded' })
    expect(await provider.ledgerEntry()).toMatchObject({
      refunded: 10_000,
      refunds: [
        { id: made.providerRefundId, amount: 4_000, metadata: { refund_id: 'refund-1', order_id: 'order-1' } },
        { amount: 6_000, metadata: { refund_id: 'refund-2', order_id: 'order-1' } },
      ],
    })
  })

  test('with a lost reply is found by the shop’s refund id, under any key', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    await provider.fault({ mode: 'lose_reply', operation: 'refund' })
    const lost = payments.refund({ ...refund, intentId })
    await expect(lost).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
    await provider.fault()
    const found = await payments.refund({ ...refund, intentId, mayExist: true, key: 'a new key' })
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 4_000, refunds: [{ id: found.providerRefundId }] })
  })

  test('that failed at the provider is made once under a new key', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    await provider.fault({ mode: 'fail', operation: 'refund', count: 1 })
    const failed = { name: 'OutboundError', reason: 'failed' }
    await expect(payments.refund({ ...refund, intentId })).rejects.toMatchObject(failed)
    await expect(payments.refund({ ...refund, intentId, mayExist: true })).rejects.toMatchObject(failed)
    const again = await payments.refund({ ...refund, intentId, mayExist: true, key: 'a new key' })
    expect(again.status).toBe('succeeded')
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 4_000 })
  })

  test('is found among more refunds than one page holds', async () => {
    await using provider = await startTestProvider()
    const { payments, stripe } = provider
    const intentId = await pay(payments)
    const first = await payments.refund({ ...refund, intentId, amount: eur(1) })
    for (let n = 0; n < 101; n++) await stripe.refunds.create({ payment_intent: intentId, amount: 1 })
    const found = await payments.refund({ ...refund, intentId, amount: eur(1), mayExist: true, key: 'a new key' })
    expect(found).toEqual(first)
  })

  test('requested twice concurrently under one key is made once', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const twice = await Promise.allSettled([
      payments.refund({ ...refund, intentId }),
      payments.refund({ ...refund, intentId }),
    ])
    for (const one of twice) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ name: 'OutboundError', reason: 'unknown' })
    }
    expect(await payments.refund({ ...refund, intentId, mayExist: true })).toMatchObject({ status: 'succeeded' })
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 4_000 })
  })

  test('is rejected where two concurrent ones exceed the payment, and the other is made', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const request = (refundId: string) =>
      payments.refund({ intentId, refundId, amount: eur(6_000), mayExist: false, key: refundId })
    const both = await Promise.allSettled([request('a'), request('b')])
    const rejected = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(rejected).toEqual([expect.objectContaining({ name: 'PaymentRejectedError', code: 'amount_too_large' })])
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 6_000 })
  })

  test('in another currency is rejected before money moves', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    const other = payments.refund({ ...refund, intentId, amount: { amount: 4_000, currency: 'USD' } })
    await expect(other).rejects.toMatchObject({ name: 'PaymentRejectedError', code: 'currency_mismatch' })
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 0, refunds: [] })
  })

  test('of money that was never captured, or that the bank has taken back, is rejected', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments, { capture: 'later' })
    const unexpected = { name: 'PaymentRejectedError', code: 'payment_intent_unexpected_state' }
    await expect(payments.refund({ ...refund, intentId })).rejects.toMatchObject(unexpected)
    await payments.capture({ intentId, amount: eur(10_000), key: 'capture' })
    await provider.control('POST', 'disputes', { payment_intent: intentId })
    const disputed = payments.refund({ ...refund, intentId, key: 'refund-1b' })
    await expect(disputed).rejects.toMatchObject({ name: 'PaymentRejectedError', code: 'charge_disputed' })
  })

  test('that the bank delays is pending, and later found with its result', async () => {
    await using provider = await startTestProvider()
    const { payments } = provider
    const intentId = await pay(payments)
    await provider.fault({ mode: 'pend_refund' })
    const { status, providerRefundId } = await payments.refund({ ...refund, intentId })
    expect(status).toBe('pending')
    await provider.control('POST', `refunds/${providerRefundId}/settle`, { status: 'failed' })
    expect(await payments.refund({ ...refund, intentId, mayExist: true })).toEqual({
      providerRefundId,
      status: 'failed',
    })
  })

  test('that the bank rejects immediately has failed', async () => {
    await using provider = await startTestProvider()
    const intentId = await pay(provider.payments)
    await provider.fault({ mode: 'fail_refund' })
    expect(await provider.payments.refund({ ...refund, intentId })).toMatchObject({ status: 'failed' })
    expect(await provider.ledgerEntry()).toMatchObject({ refunded: 0 })
  })
})
