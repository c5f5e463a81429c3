import { describe, expect, test } from 'vitest'
import { eventually } from '#test'
import { testSandbox, type TestSandbox } from './sandbox.fixture.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const

async function captures(sandbox: TestSandbox): Promise<number> {
  const { data } = await sandbox.control<{ data: { captures: number }[] }>('GET', 'ledger')
  return data.reduce((sum, intent) => sum + intent.captures, 0)
}

describe('the fault', () => {
  test('slow executes immediately and responds after its delay', async () => {
    await using sandbox = await testSandbox()
    await sandbox.control('POST', 'faults', { mode: 'slow', delayMs: 200, operation: 'create' })
    const before = performance.now()
    const response = sandbox.stripe.paymentIntents.create(order)
    await eventually(async () => expect(await captures(sandbox)).toBe(1))
    expect((await response).status).toBe('succeeded')
    expect(performance.now() - before).toBeGreaterThanOrEqual(195)
  })

  test('fail does not execute, is kept under the key, and ends after its count', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    await sandbox.control('POST', 'faults', { mode: 'fail', count: 1, status: 503 })
    const failed = { statusCode: 503, type: 'StripeAPIError' }
    await expect(stripe.paymentIntents.create(order, { idempotencyKey: 'a' })).rejects.toMatchObject(failed)
    await expect(stripe.paymentIntents.create(order, { idempotencyKey: 'a' })).rejects.toMatchObject({
      ...failed,
      headers: { 'idempotent-replayed': 'true' },
    })
    expect(await captures(sandbox)).toBe(0)
    expect((await stripe.paymentIntents.create(order, { idempotencyKey: 'b' })).status).toBe('succeeded')
  })

  test('hang does not execute or respond, and frees the key when the client disconnects', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    await sandbox.control('POST', 'faults', { mode: 'hang', count: 1 })
    const hung = stripe.paymentIntents.create(order, { idempotencyKey: 'k', timeout: 100 })
    await expect(hung).rejects.toMatchObject({ type: 'StripeConnectionError' })
    expect(await captures(sandbox)).toBe(0)
    const paid = await eventually(() => stripe.paymentIntents.create(order, { idempotencyKey: 'k' }))
    expect(paid.status).toBe('succeeded')
  })

  test('late executes after its delay without the client, and its key then replays', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    await sandbox.control('POST', 'faults', { mode: 'late', delayMs: 3000, count: 1 })
    const late = stripe.paymentIntents.create(order, { idempotencyKey: 'k', timeout: 50 })
    await expect(late).rejects.toMatchObject({ type: 'StripeConnectionError' })
    expect(await captures(sandbox)).toBe(0)
    await expect(stripe.paymentIntents.create(order, { idempotencyKey: 'k' })).rejects.toMatchObject({
      statusCode: 409,
    })
    await eventually(async () => expect(await captures(sandbox)).toBe(1))
    const replay = await eventually(() => stripe.paymentIntents.create(order, { idempotencyKey: 'k' }))
    expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true')
    expect(await captures(sandbox)).toBe(1)
  })

  test('decline declines every confirm and nothing else', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    await sandbox.control('POST', 'faults', { mode: 'decline' })
    const { id } = await stripe.paymentIntents.create({ amount: 1000, currency: 'usd' })
    const confirmed = stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })
    await expect(confirmed).rejects.toMatchObject({ statusCode: 402, decline_code: 'generic_decline' })
    await expect(stripe.paymentIntents.create(order)).rejects.toMatchObject({ statusCode: 402 })
  })

  test('lose_reply executes and closes the connection, and the key finds the payment', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const { id } = await sandbox.control<{ id: string }>('POST', 'faults', { mode: 'lose_reply' })
    const lost = stripe.paymentIntents.create(order, { idempotencyKey: 'k' })
    await expect(lost).rejects.toMatchObject({ type: 'StripeConnectionError' })
    expect(await captures(sandbox)).toBe(1)
    await sandbox.control('DELETE', `faults/${id}`)
    expect((await stripe.paymentIntents.create(order, { idempotencyKey: 'k' })).status).toBe('succeeded')
    expect(await captures(sandbox)).toBe(1)
  })

  test('down closes every API connection, hung ones too, but no control connection', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    await sandbox.control('POST', 'faults', { mode: 'hang', count: 1 })
    const hung = stripe.paymentIntents.create(order).catch((error: unknown) => error)
    await eventually(async () => expect((await sandbox.control<{ data: [] }>('GET', 'faults')).data).toEqual([]))
    await sandbox.control('POST', 'faults', { mode: 'down' })
    expect(await hung).toMatchObject({ type: 'StripeConnectionError' })
    await expect(stripe.paymentIntents.list()).rejects.toMatchObject({ type: 'StripeConnectionError' })
    expect(await captures(sandbox)).toBe(0)
    await sandbox.control('DELETE', 'faults')
    expect((await stripe.paymentIntents.list()).data).toEqual([])
  })

  test('with an operation and a duration hits only that operation and then ends', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const paid = await stripe.paymentIntents.create(order)
    await sandbox.control('POST', 'faults', { mode: 'fail', operation: 'refund', forMs: 3000 })
    await stripe.paymentIntents.create(order)
    const refund = (): Promise<unknown> => stripe.refunds.create({ payment_intent: paid.id })
    await expect(refund()).rejects.toMatchObject({ statusCode: 500 })
    await eventually(refund)
    expect(await sandbox.control('GET', 'faults')).toEqual({ data: [] })
  })
})

test('an invalid fault is rejected with the name of the wrong field', async () => {
  await using sandbox = await testSandbox()
  await expect(sandbox.control('POST', 'faults', { mode: 'slow' })).rejects.toThrow(/400.*delayMs/)
  await expect(sandbox.control('POST', 'faults', { mode: 'sleepy' })).rejects.toThrow(/400.*mode/)
  await expect(sandbox.control('POST', 'faults', { mode: 'down', colour: 1 })).rejects.toThrow(/400.*colour/)
  await expect(sandbox.control('POST', 'faults', { mode: 'drop_webhook', operation: 'any' })).rejects.toThrow(/400/)
  await expect(sandbox.control('DELETE', 'faults/fault_none')).rejects.toThrow(/404/)
})

test('closing the server does not wait for hung or late calls, and never executes them', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await sandbox.control('POST', 'faults', { mode: 'hang', count: 1 })
  await sandbox.control('POST', 'faults', { mode: 'late', delayMs: 60_000, count: 1 })
  const calls = Promise.allSettled([stripe.paymentIntents.create(order), stripe.paymentIntents.create(order)])
  await eventually(async () => expect((await sandbox.control<{ data: [] }>('GET', 'faults')).data).toEqual([]))
  // The late call would take a minute, the hung one for ever: longer than this test may.
  await sandbox.restart()
  // The SDK repeats a request that was cut off; each repeated request executes once.
  const settled = (await calls).filter(({ status }) => status === 'fulfilled').length
  expect(await captures(sandbox)).toBe(settled)
})
