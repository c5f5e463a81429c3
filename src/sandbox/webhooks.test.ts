import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { eventually } from '#test'
import { testReceiver, testSandbox, type Delivery, type TestSandbox } from './sandbox.fixture.ts'

const secret = 'whsec_test'
const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const
const { webhooks } = new Stripe('sk_test_unused')

function verified({ headers, body }: Delivery): Stripe.Event {
  return webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret)
}

test('every step of a payment sends a signed event', async () => {
  await using receiver = await testReceiver()
  await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
  const { stripe } = sandbox
  const { id } = await stripe.paymentIntents.create({
    ...order,
    capture_method: 'manual',
    metadata: { order_id: 'o-1' },
  })
  await stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'capture-1' })
  await stripe.refunds.create({ payment_intent: id, amount: 10 })
  const other = await stripe.paymentIntents.create({ ...order, payment_method: 'pm_card_authenticationRequired' })
  await stripe.paymentIntents.confirm(other.id, { payment_method: 'pm_card_visa_chargeDeclined' }).catch(() => {})
  await stripe.paymentIntents.cancel(other.id)
  await eventually(() => expect(receiver.deliveries).toHaveLength(9))
  const events = receiver.deliveries.map(verified)
  expect(events.map((event) => event.type).toSorted()).toEqual([
    'charge.refunded',
    'payment_intent.amount_capturable_updated',
    'payment_intent.canceled',
    'payment_intent.created',
    'payment_intent.created',
    'payment_intent.payment_failed',
    'payment_intent.requires_action',
    'payment_intent.succeeded',
    'refund.created',
  ])
  const succeeded = events.find((event) => event.type === 'payment_intent.succeeded')
  expect(succeeded).toMatchObject({
    data: { object: { id, status: 'succeeded', metadata: { order_id: 'o-1' } } },
    request: { idempotency_key: 'capture-1' },
  })
  expect(() => webhooks.constructEvent(receiver.deliveries[0]?.body ?? '', 't=1,v1=00', secret)).toThrow(
    /No signatures found/,
  )
})

test('an event that the endpoint rejects is retried unchanged until it is acknowledged', async () => {
  let rejections = 3
  await using receiver = await testReceiver(() => (rejections-- > 0 ? 500 : 200))
  await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
  await sandbox.stripe.paymentIntents.create({ amount: 1000, currency: 'usd' })
  await eventually(() => expect(receiver.deliveries).toHaveLength(4))
  expect(new Set(receiver.deliveries.map((delivery) => verified(delivery).id)).size).toBe(1)
  await eventually(async () => expect(await sandbox.control('GET', 'summary')).toMatchObject({ webhooks_pending: 0 }))
})

test('undelivered events survive a restart and are then delivered', async () => {
  await using receiver = await testReceiver()
  await using sandbox = await testSandbox({ webhook: { url: 'http://127.0.0.1:1/nobody', secret } })
  await sandbox.stripe.paymentIntents.create(order)
  expect(await sandbox.control('GET', 'summary')).toMatchObject({ webhooks_pending: 2 })
  await sandbox.restart({ webhook: { url: receiver.url, secret } })
  await eventually(() => expect(receiver.deliveries).toHaveLength(2))
  expect(receiver.deliveries.map((delivery) => verified(delivery).type).toSorted()).toEqual([
    'payment_intent.created',
    'payment_intent.succeeded',
  ])
})

test('an endpoint that never responds does not slow the API down', async () => {
  await using receiver = await testReceiver(() => null)
  await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
  for (let n = 0; n < 50; n++) await sandbox.stripe.paymentIntents.create(order)
  // Every call has ended while all its events still wait for the endpoint.
  expect(await sandbox.control('GET', 'summary')).toMatchObject({ webhooks_pending: 100 })
})

test('refunds and disputes send events of their own', async () => {
  await using receiver = await testReceiver()
  await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
  await sandbox.control('POST', 'faults', { mode: 'pend_refund' })
  const { id: intent } = await sandbox.stripe.paymentIntents.create(order)
  const refund = await sandbox.stripe.refunds.create({ payment_intent: intent, amount: 10, metadata: { line: '1' } })
  await sandbox.control('POST', `refunds/${refund.id}/settle`, { status: 'failed' })
  const dispute = await sandbox.control<{ id: string }>('POST', 'disputes', { payment_intent: intent })
  await sandbox.control('POST', `disputes/${dispute.id}/close`, { status: 'won' })
  await eventually(() => expect(receiver.deliveries).toHaveLength(10))
  const delivered = receiver.deliveries.map(verified).map(({ type, data: { object } }) => [type, object])
  expect(Object.fromEntries(delivered)).toMatchObject({
    'refund.created': { id: refund.id, status: 'pending', payment_intent: intent, metadata: { line: '1' } },
    'refund.updated': { id: refund.id, status: 'failed' },
    'refund.failed': { id: refund.id, status: 'failed' },
    'charge.refunded': { amount_refunded: 10 },
    'charge.dispute.created': { id: dispute.id, status: 'needs_response', payment_intent: intent },
    'charge.dispute.funds_withdrawn': { id: dispute.id, balance_transactions: [{ amount: -1000, fee: 1500 }] },
    'charge.dispute.closed': { id: dispute.id, status: 'won' },
    'charge.dispute.funds_reinstated': { balance_transactions: [{ amount: -1000 }, { amount: 1000, fee: 0 }] },
  })
})

describe('the fault', () => {
  test('duplicate_webhook delivers an event twice', async () => {
    await using receiver = await testReceiver()
    await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
    await sandbox.control('POST', 'faults', { mode: 'duplicate_webhook', event: 'payment_intent.succeeded', count: 1 })
    await sandbox.stripe.paymentIntents.create(order)
    await allSettled(sandbox)
    const types = receiver.deliveries.map((delivery) => verified(delivery).type)
    expect(types.toSorted()).toEqual(['payment_intent.created', 'payment_intent.succeeded', 'payment_intent.succeeded'])
    expect(new Set(receiver.deliveries.map((delivery) => verified(delivery).id)).size).toBe(2)
  })

  test('drop_webhook never delivers, even after a restart', async () => {
    await using receiver = await testReceiver()
    await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
    await sandbox.control('POST', 'faults', { mode: 'drop_webhook', event: 'payment_intent.succeeded' })
    await sandbox.stripe.paymentIntents.create(order)
    await allSettled(sandbox)
    await sandbox.restart()
    await allSettled(sandbox)
    expect(receiver.deliveries.map((delivery) => verified(delivery).type)).toEqual(['payment_intent.created'])
  })

  test('delay_webhook lets later events overtake, and a restart loses no delayed event', async () => {
    await using receiver = await testReceiver()
    await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
    await sandbox.control('POST', 'faults', { mode: 'delay_webhook', delayMs: 600_000, count: 1 })
    await sandbox.stripe.paymentIntents.create(order)
    await eventually(() => expect(receiver.deliveries).toHaveLength(1))
    await sandbox.restart()
    await allSettled(sandbox)
    const types = receiver.deliveries.map((delivery) => verified(delivery).type)
    expect(types).toEqual(['payment_intent.succeeded', 'payment_intent.created'])
  })

  test('reorder_webhook delivers all events in another order', async () => {
    await using receiver = await testReceiver()
    await using sandbox = await testSandbox({ webhook: { url: receiver.url, secret } })
    await sandbox.control('POST', 'faults', { mode: 'reorder_webhook', delayMs: 300 })
    const ids: string[] = []
    for (let n = 0; n < 20; n++) {
      ids.push((await sandbox.stripe.paymentIntents.create({ amount: 1000, currency: 'usd' })).id)
    }
    await allSettled(sandbox)
    const delivered = receiver.deliveries.map((delivery) => (verified(delivery).data.object as { id: string }).id)
    expect(delivered.toSorted()).toEqual(ids.toSorted())
    expect(delivered).not.toEqual(ids)
  })

  /** Waits until every event is delivered or dropped. */
  async function allSettled(sandbox: TestSandbox): Promise<void> {
    const settled = async () => expect(await sandbox.control('GET', 'summary')).toMatchObject({ webhooks_pending: 0 })
    await eventually(settled)
  }
})
