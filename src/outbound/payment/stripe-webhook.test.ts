import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { eventually } from '#test'
import { eur, pay, testProvider, webhookSecret, type Delivery, type TestProvider } from './stripe.fixture.ts'
import type { PaymentEvent } from './provider.ts'
import { readStripeWebhook } from './stripe-webhook.ts'

/** What the adapter makes of the deliveries so far. */
const told = ({ payments, deliveries }: TestProvider): PaymentEvent[] =>
  deliveries.flatMap(({ body, signature }) => payments.readWebhook(body, signature) ?? [])

async function toldOf<Kind extends PaymentEvent['kind']>(
  provider: TestProvider,
  kind: Kind,
  count: number,
): Promise<Extract<PaymentEvent, { kind: Kind }>[]> {
  const ofKind = () => told(provider).filter((event) => event.kind === kind)
  await eventually(() => expect(ofKind()).toHaveLength(count))
  return ofKind() as Extract<PaymentEvent, { kind: Kind }>[]
}

describe('a webhook tells', () => {
  test('each step of a payment, with the order it is for', async () => {
    await using provider = await testProvider()
    const intentId = await pay(provider.payments, { orderId: 'order-7', capture: 'later' })
    await provider.payments.capture({ intentId, amount: eur(9_000), key: 'capture' })
    const events = await toldOf(provider, 'payment', 3)
    for (const event of events) expect(event).toMatchObject({ orderId: 'order-7', intentId })
    expect(events.map(({ result }) => result)).toEqual(
      expect.arrayContaining([
        { status: 'open' },
        { status: 'authorised', amountMinor: 10_000 },
        // Stripe sends no fee along: looking tells it.
        { status: 'captured', amountMinor: 9_000, feeMinor: null },
      ]),
    )
  })

  test('a refund of ours by our id, and one made on the provider’s pages by its payment', async () => {
    await using provider = await testProvider()
    const intentId = await pay(provider.payments)
    const { providerRefundId } = await provider.payments.refund({
      intentId,
      refundId: 'refund-1',
      amount: eur(100),
      mayExist: false,
      key: 'refund-1',
    })
    const [ours] = await toldOf(provider, 'refund', 1)
    const shared = { kind: 'refund', intentId, status: 'succeeded', eventId: expect.stringMatching(/^evt_/) }
    const known = { orderId: 'order-1', refundId: 'refund-1', providerRefundId, amount: eur(100) }
    expect(ours).toEqual({ ...shared, ...known })
    const { id } = await provider.stripe.refunds.create({ payment_intent: intentId, amount: 200 })
    const theirs = (await toldOf(provider, 'refund', 2)).find((event) => event.providerRefundId === id)
    expect(theirs).toEqual({ ...shared, orderId: null, refundId: null, providerRefundId: id, amount: eur(200) })
  })

  test('a refund that fails after all', async () => {
    await using provider = await testProvider()
    const intentId = await pay(provider.payments)
    const request = { intentId, refundId: 'refund-1', amount: eur(100), mayExist: false, key: 'refund-1' }
    const { providerRefundId } = await provider.payments.refund(request)
    await provider.control('POST', `refunds/${providerRefundId}/settle`, { status: 'failed' })
    const statuses = (await toldOf(provider, 'refund', 3)).map(({ refundId, status }) => `${refundId} ${status}`)
    expect(statuses.toSorted()).toEqual(['refund-1 failed', 'refund-1 failed', 'refund-1 succeeded'])
  })

  test.each(['won', 'lost'] as const)('a dispute that is opened and %s, with what it costs', async (verdict) => {
    await using provider = await testProvider()
    const intentId = await pay(provider.payments)
    const reason = 'product_not_received'
    const { id } = await provider.control<{ id: string }>('POST', 'disputes', { payment_intent: intentId, reason })
    const shared = { kind: 'dispute', orderId: null, intentId, disputeId: id, amount: eur(10_000), reason }
    for (const opened of await toldOf(provider, 'dispute', 2))
      expect(opened).toMatchObject({ ...shared, status: 'opened', feeMinor: 1_500 })
    await provider.control('POST', `disputes/${id}/close`, { status: verdict })
    const closed = (await toldOf(provider, 'dispute', verdict === 'won' ? 4 : 3)).filter(
      ({ status }) => status !== 'opened',
    )
    for (const event of closed) expect(event).toMatchObject({ ...shared, status: verdict, feeMinor: 1_500 })
  })

  test('the same event by the same id, however often it comes', async () => {
    await using provider = await testProvider()
    await provider.fault({ mode: 'duplicate_webhook', event: 'payment_intent.succeeded' })
    await pay(provider.payments)
    const events = await toldOf(provider, 'payment', 3)
    const captured = events.filter(({ result }) => result.status === 'captured')
    expect(captured).toHaveLength(2)
    expect(captured[0]).toEqual(captured[1])
    // A delivery that was overheard and is sent again, too.
    const [delivery] = provider.deliveries
    expect(read(delivery)).toEqual(read(delivery))
  })
})

describe('a webhook is refused', () => {
  const event = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.canceled',
    data: { object: { object: 'payment_intent', id: 'pi_1', status: 'canceled', metadata: { order_id: 'o' } } },
  })
  const now = Math.floor(Date.now() / 1000)
  const refused = { code: 'bad_input' }

  test('when it was signed more than five minutes ago', () => {
    expect(read(signed(event, { timestamp: now - 290 }))).toMatchObject({ eventId: 'evt_1', orderId: 'o' })
    expect(() => read(signed(event, { timestamp: now - 310 }))).toThrow(expect.objectContaining(refused))
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
    ['given another time', { ...signed(event), signature: signed(event).signature.replace(/t=\d+/, `t=${now + 60}`) }],
    ['no JSON', signed('{"id":')],
  ])('when it is %s', (_, delivery) => {
    expect(() => read(delivery)).toThrow(expect.objectContaining(refused))
  })

  test('when the shop takes none', () => {
    const { body, signature } = signed(event)
    expect(() => readStripeWebhook(body, signature, undefined)).toThrow(expect.objectContaining({ code: 'not_found' }))
  })
})

describe('a webhook says nothing about an order', () => {
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
    ['a charge that is told of elsewhere', about({ object: 'charge', id: 'ch_1', metadata: { order_id: 'o' } })],
    [
      'an inquiry that has taken no money',
      about({ object: 'dispute', status: 'warning_needs_response', payment_intent: 'pi_1', balance_transactions: [] }),
    ],
  ])('when it holds %s', (_, event) => {
    expect(read(signed(JSON.stringify(event)))).toBeNull()
  })
})

test('a refund that is told of in its charge alone is read from there', () => {
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
