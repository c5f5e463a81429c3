import { expect, test } from 'vitest'
import { eventually } from '#test'
import { testSandbox } from './sandbox.fixture.ts'
import { Idempotency } from './idempotency.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const

test('a payment sent twice under one key is taken once, and the second answer is the first, marked as replayed', async () => {
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

test('the replay shows the state of the first answer, not of today', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const params = { ...order, capture_method: 'manual' } as const
  const { id } = await stripe.paymentIntents.create(params, { idempotencyKey: 'k' })
  await stripe.paymentIntents.capture(id)
  expect((await stripe.paymentIntents.create(params, { idempotencyKey: 'k' })).status).toBe('requires_capture')
})

test('declines and state errors are replayed, and so are they after a restart', async () => {
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

test('a key serves one request: other parameters or another endpoint are refused with 400', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const { id } = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  const refused = { type: 'StripeIdempotencyError', statusCode: 400 }
  await expect(stripe.paymentIntents.create({ ...order, amount: 1001 }, { idempotencyKey: 'k' })).rejects.toMatchObject(
    refused,
  )
  await expect(stripe.paymentIntents.cancel(id, {}, { idempotencyKey: 'k' })).rejects.toMatchObject(refused)
})

test('of two requests at once under one key one executes and the other is told to come back', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await sandbox.control('POST', 'faults', { mode: 'late', delayMs: 1_500, count: 1 })
  const create = () => stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  const first = create()
  // A fault that has hit as often as it may is gone: the first request is being executed.
  await eventually(async () => expect((await sandbox.control<{ data: [] }>('GET', 'faults')).data).toEqual([]))
  const answers = await Promise.allSettled([create(), create()])
  await first
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  expect(refused).toHaveLength(2)
  for (const error of refused) expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' })
  const replay = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
  expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true')
})

test('a request refused for its parameters keeps its key free, and a key has at most 255 characters', async () => {
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

test('after 24 hours a key is forgotten and may serve anew', () => {
  const idempotency = new Idempotency()
  const call = { key: 'k', path: '/v1/refunds', print: 'p' }
  const hourMs = 3_600_000
  idempotency.keep({ ...call, atMs: 0, answer: { status: 500 } })
  expect(idempotency.claim(call, 24 * hourMs - 1).replay).toEqual({ status: 500 })
  expect(idempotency.claim({ ...call, print: 'q' }, 24 * hourMs).replay).toBeNull()
  expect(idempotency.size).toBe(0)
})
