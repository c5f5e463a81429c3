import { expect, test } from 'vitest'
import { eventually } from '#test'
import { testSandbox } from './sandbox.fixture.ts'
import { Idempotency } from './idempotency.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const

test('a payment sent twice under one key is charged once and replays the first response', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const first = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  // The same parameters in another order are the same request.
  const { amount, ...others } = order
  const second = await stripe.paymentIntents.create({ ...others, amount }, { idempotencyKey: 'k' })
  expect({ ...second }).toEqual({ ...first })
  expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined()
  expect(second.lastResponse.headers['idempotent-replayed']).toBe('true')
  expect(await sandbox.control('GET', 'summary')).toMatchObject({ currencies: { usd: { intents: 1, captures: 1 } } })
})

test('a replay shows the state at the first response, not the current state', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const params = { ...order, capture_method: 'manual' } as const
  const { id } = await stripe.paymentIntents.create(params, { idempotencyKey: 'k' })
  await stripe.paymentIntents.capture(id)
  expect((await stripe.paymentIntents.create(params, { idempotencyKey: 'k' })).status).toBe('requires_capture')
})

test('declines and state errors are replayed, also after a restart', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' })
  const bad = (): Promise<unknown> =>
    stripe.paymentIntents
      .confirm(id, { payment_method: 'pm_card_visa_chargeDeclined' }, { idempotencyKey: 'bad' })
      .catch((error: { raw: { headers?: unknown } }) => ({ ...error.raw, headers: null, requestId: null }))
  const first = await bad()
  expect(first).toMatchObject({ decline_code: 'generic_decline' })
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })
  expect(await bad()).toEqual(first)
  await sandbox.restart()
  expect(await bad()).toEqual(first)
})

test('a key used with other parameters or another endpoint is rejected with 400', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const { id } = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  const mismatch = { type: 'StripeIdempotencyError', statusCode: 400 }
  await expect(stripe.paymentIntents.create({ ...order, amount: 1001 }, { idempotencyKey: 'k' })).rejects.toMatchObject(
    mismatch,
  )
  await expect(stripe.paymentIntents.cancel(id, {}, { idempotencyKey: 'k' })).rejects.toMatchObject(mismatch)
})

test('concurrent requests under one key: one executes, the others get 409', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await sandbox.control('POST', 'faults', { mode: 'late', delayMs: 1_500, count: 1 })
  const create = () => stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  const first = create()
  // The fault ends with its only hit: from then on the first request is in flight.
  await eventually(async () => expect((await sandbox.control<{ data: [] }>('GET', 'faults')).data).toEqual([]))
  const results = await Promise.allSettled([create(), create()])
  await first
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  expect(errors).toHaveLength(2)
  for (const error of errors) expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' })
  const replay = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true')
})

test('invalid parameters leave the key free, and a key has at most 255 characters', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await expect(stripe.paymentIntents.create({ ...order, amount: 0 }, { idempotencyKey: 'k' })).rejects.toMatchObject({
    statusCode: 400,
  })
  expect((await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })).status).toBe('succeeded')
  const longest = 'x'.repeat(255)
  await stripe.paymentIntents.create(order, { idempotencyKey: longest })
  await expect(stripe.paymentIntents.create(order, { idempotencyKey: `${longest}x` })).rejects.toMatchObject({
    statusCode: 400,
  })
})

test('a key expires after 24 hours and can then be used again', () => {
  const idempotency = new Idempotency()
  const call = { key: 'k', path: '/v1/refunds', print: 'p' }
  const hourMs = 3_600_000
  idempotency.keep({ ...call, atMs: 0, answer: { status: 500 } })
  expect(idempotency.claim(call, 24 * hourMs - 1).replay).toEqual({ status: 500 })
  expect(idempotency.claim({ ...call, print: 'q' }, 24 * hourMs).replay).toBeNull()
  expect(idempotency.size).toBe(0)
})
