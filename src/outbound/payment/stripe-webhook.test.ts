import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { eventually } from '#test'
import { eur, pay, startTestProvider, webhookSecret, type Delivery, type TestProvider } from './stripe.fixture.ts'
import type { PaymentEvent } from './provider.ts'
import { readStripeWebhook } from './stripe-webhook.ts'

/** The events that the adapter reads from the deliveries so far. */
const eventsOf = ({ payments, deliveries }: TestProvider): PaymentEvent[] =>
  deliveries.flatMap(({ body, signature }) => payments.readWebhook(body, signature) ?? [])

async function eventsOfKind<Kind extends PaymentEvent['kind']>(
  provider: TestProvider,
  kind: Kind,
  count: number,
): Promise<Extract<PaymentEvent, { kind: Kind }>[]> {
  const ofKind = () => eventsOf(provider).filter((event) => event.kind === kind)
  await eventually(() => expect(ofKind()).toHaveLength(count))
  return ofKind() as Extract<PaymentEvent, { kind: Kind }>[]
}

describe('a webhook reports', () => {
  test('each step of a payment, with its order', async () => {
    await using provider = await startTestProvider()
    const intentId = await pay(provider.payments, { orderId: 'order-7', capture: 'later' })
    await provider.payments.capture({ intentId, amount: eur(9_000), key: 'capture' })
    const events = await eventsOfKind(provider, 'payment', 3)
    for (const event of events) expect(event).toMatchObject({ orderId: 'order-7', intentId })
    expect(events.map(({ result }) => result)).toEqual(
      expect.arrayContaining([
        { status: 'open' },
        { status: 'authorised', amountMinor: 10_000 },
        // Stripe's event contains no fee; `lookUp` returns it.
        { status: 'captured', amountMinor: 9_000, feeMinor: null },
      ]),
    )
  })

  test('the shop’s refund by its id, and a refund from the dashboard by its payment', async () => {
    await using provider = await startTestProvider()
    const intentId = await pay(provider.payments)
    const { providerRefundId } = await provider.payments.refund({
      intentId,
      refundId: 'refund-1',
      amount: eur(100),
      mayExist: false,
      key: 'refund-1',
    })
    const [fromShop] = await eventsOfKind(provider, 'refund', 1)
    const shared = { kind: 'refund', intentId, status: 'succeeded', eventId: expect.stringMatching(/^evt_/) }
    const known = { orderId: 'order-1', refundId: 'refund-1', providerRefundId, amount: eur(100) }
    expect(fromShop).toEqual({ ...shared, ...known })
    const { id } = await provider.stripe.refunds.create({ payment_intent: intentId, amount: 200 })
    const fromDashboard = (await eventsOfKind(provider, 'refund', 2)).find((event) => event.providerRefundId === id)
    expect(fromDashboard).toEqual({ ...shared, orderId: null, refundId: null, providerRefundId: id, amount: eur(200) })
  })

  test('a succeeded refund that fails later', async () => {
    await using provider = await startTestProvider()
    const intentId = await pay(provider.payments)
    const request = { intentId, refundId: 'refund-1', amount: eur(100), mayExist: false, key: 'refund-1' }
    const { providerRefundId } = await provider.payments.refund(request)
    await provider.control('POST', `refunds/${providerRefundId}/settle`, { status: 'failed' })
    const statuses = (await eventsOfKind(provider, 'refund', 3)).map(({ refundId, status }) => `${refundId} ${status}`)
    expect(statuses.toSorted()).toEqual(['refund-1 failed', 'refund-1 failed', 'refund-1 succeeded'])
  })

  test.each(['won', 'lost'] as const)('a dispute that is opened and %s, with its fee', async (verdict) => {
    await using provider = await startTestProvider()
    const intentId = await pay(provider.payments)
    const reason = 'product_not_received'
    const { id } = await provider.control<{ id: string }>('POST', 'disputes', { payment_intent: intentId, reason })
    const shared = { kind: 'dispute', orderId: null, intentId, disputeId: id, amount: eur(10_000), reason }
    for (const opened of await eventsOfKind(provider, 'dispute', 2))
      expect(opened).toMatchObject({ ...shared, status: 'opened', feeMinor: 1_500 })
    await provider.control('POST', `disputes/${id}/close`, { status: verdict })
    const closed = (await eventsOfKind(provider, 'dispute', verdict === 'won' ? 4 : 3)).filter(
      ({ status }) => status !== 'opened',
    )
    for (const event of closed) expect(event).toMatchObject({ ...shared, status: verdict, feeMinor: 1_500 })
  })

  test('a repeated event with the same id each time', async () => {
    await using provider = await startTestProvider()
    await provider.fault({ mode: 'duplicate_webhook', event: 'payment_intent.succeeded' })
    await pay(provider.payments)
    const events = await eventsOfKind(provider, 'payment', 3)
    const captured = events.filter(({ result }) => result.status === 'captured')
    expect(captured).toHaveLength(2)
    expect(captured[0]).toEqual(captured[1])
    // The same holds for a replayed delivery.
    const [delivery] = provider.deliveries
    expect(read(delivery)).toEqual(read(delivery))
  })
})

describe('a webhook is rejected', () => {
  const event = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.canceled',
    data: { object: { object: 'payment_intent', id: 'pi_1', status: 'canceled', metadata: { order_id: 'o' } } },
  })
  const now = Math.floor(Date.now() / 1000)
  const rejection = { code: 'bad_input' }

  test('when it was signed more than five minutes ago', () => {
    expect(read(signed(event, { timestamp: now - 290 }))).toMatchObject({ eventId: 'evt_1', orderId: 'o' })
    expect(() => read(signed(event, { timestamp: now - 310 }))).toThrow(expect.objectContaining(rejection))
  })

  test.each([
    ['signed by someone else', signed(event, { secret: 'whsec_other' })],
    ['signed with an empty secret', signed(event, { secret: '' })],
    ['not signed', { body: Buffer.from(event), signature: undefined }],
    ['signed with nothing', { body: Buffer.from(event), signature: '' }],
    ['signed with noise', { body: Buffer.from(event), signature: 't=,v1=\u{1f9e8},v0' }],
    ['signed with noise of a proper length', { body: Buffer.from(event), signature: `t=${now},v1=${'0'.repeat(64)}` }],
    ['truncated', { ...signed(event), body: Buffer.from(event.slice(0, -1)) }],
    ['changed', { ...signed(event), body: Buffer.from(event.replace('"o"', '"p"')) }],
    [
      'signed with a changed time',
      { ...signed(event), signature: signed(event).signature.replace(/t=\d+/, `t=${now + 60}`) },
    ],
    ['not JSON', signed('{"id":')],
  ])('when it is %s', (_, delivery) => {
    expect(() => read(delivery)).toThrow(expect.objectContaining(rejection))
  })

  test('when the shop has no webhook secret', () => {
    const { body, signature } = signed(event)
    expect(() => readStripeWebhook(body, signature, undefined)).toThrow(expect.objectContaining({ code: 'not_found' }))
  })
})

describe('a webhook reports nothing about an order', () => {
  test.each([
    ['nothing', null],
    ['a number', 5],
    ['a list', []],
    ['no data', {}],
    ['a customer', about({ object: 'customer', id: 'cus_1' })],
    [
      'a payment of another program',
      about({ object: 'payment_intent', id: 'pi_1', status: 'succeeded', metadata: {} }),
    ],
    ['a refund of a charge without payment', about({ object: 'refund', id: 're_1', payment_intent: null })],
    ['a charge, which other events report', about({ object: 'charge', id: 'ch_1', metadata: { order_id: 'o' } })],
    [
      'an inquiry that has taken no money',
      about({ object: 'dispute', status: 'warning_needs_response', payment_intent: 'pi_1', balance_transactions: [] }),
    ],
  ])('when it holds %s', (_, event) => {
    expect(read(signed(JSON.stringify(event)))).toBeNull()
  })
})

test('a refund that is reported only in its charge is read from there', () => {
  const refund = { object: 'refund', id: 're_1', amount: 100, currency: 'eur', payment_intent: 'pi_1', metadata: {} }
  const charge = {
    object: 'charge',
    metadata: { order_id: 'o' },
    refunds: { data: [{ ...refund, status: 'succeeded' }] },
  }
  expect(read(signed(JSON.stringify(about(charge, 'charge.refunded'))))).toMatchObject({
    kind: 'refund',
    orderId: 'o',
    refundId: null,
    providerRefundId: 're_1',
    amount: eur(100),
  })
})

function about(object: object, type = 'some.event'): object {
  return { id: 'evt_1', object: 'event', type, data: { object } }
}

function read(delivery: Delivery | undefined): PaymentEvent | null {
  if (delivery === undefined) throw new Error('nothing was delivered')
  return readStripeWebhook(delivery.body, delivery.signature, webhookSecret)
}

function signed(payload: string, { secret = webhookSecret, timestamp = Math.floor(Date.now() / 1000) } = {}) {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp })
  return { body: Buffer.from(payload), signature }
}
