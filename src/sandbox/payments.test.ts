import type Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { stripeClient, testSandbox } from './sandbox.fixture.ts'

const usd = (
  amount: number,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Stripe.PaymentIntentCreateParams => ({
  amount,
  currency: 'usd',
  ...more,
})

describe('a payment', () => {
  test('is created without a payment method and succeeds when confirmed with a good card', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const created = await stripe.paymentIntents.create(
      usd(1999, { metadata: { order_id: 'o-1' }, description: 'Order 1', receipt_email: 'a@example.com' }),
    )
    expect(created).toMatchObject({ status: 'requires_payment_method', amount: 1999, metadata: { order_id: 'o-1' } })
    expect(created.lastResponse.requestId).toMatch(/^req_/)
    const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' })
    expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1999, payment_method: 'pm_card_visa' })
    const charge = await stripe.charges.retrieve(paid.latest_charge as string)
    expect(charge).toMatchObject({
      captured: true,
      amount_captured: 1999,
      payment_intent: created.id,
      status: 'succeeded',
    })
    expect(await stripe.paymentIntents.retrieve(created.id)).toMatchObject({ status: 'succeeded' })
  })

  test('with manual capture is captured in part, once, and the rest is released', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const held = await stripe.paymentIntents.create(
      usd(5000, { capture_method: 'manual', confirm: true, payment_method: 'pm_card_mastercard' }),
    )
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 5000, amount_received: 0 })
    await expect(stripe.paymentIntents.capture(held.id, { amount_to_capture: 5001 })).rejects.toMatchObject({
      statusCode: 400,
      code: 'amount_too_large',
    })
    const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 3000 })
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 3000, amount_capturable: 0 })
    await expect(stripe.paymentIntents.capture(held.id)).rejects.toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
      raw: { payment_intent: { id: held.id, status: 'succeeded' } },
    })
    expect(await sandbox.control('GET', 'summary')).toMatchObject({
      currencies: { usd: { captured: 3000, captures: 1 } },
    })
  })

  test.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', undefined],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', undefined],
  ])('with %s is declined as %s and can be paid with another card', async (method, code, declineCode) => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const { id } = await stripe.paymentIntents.create(usd(1000))
    const error: unknown = await stripe.paymentIntents.confirm(id, { payment_method: method }).catch((e: unknown) => e)
    expect(error).toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code,
      payment_intent: { id, status: 'requires_payment_method', last_payment_error: { code } },
    })
    expect((error as { raw: Stripe.StripeRawError }).raw.decline_code).toBe(declineCode)
    const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null })
    const attempts = await stripe.charges.list({ payment_intent: id })
    expect(attempts.data.map((charge) => charge.status)).toEqual(['succeeded', 'failed'])
  })

  test('is cancelled from every state but succeeded and cancelled', async () => {
    await using sandbox = await testSandbox()
    const { stripe } = sandbox
    const intents = await Promise.all([
      stripe.paymentIntents.create(usd(100)),
      stripe.paymentIntents.create(usd(100, { payment_method: 'pm_card_visa' })),
      stripe.paymentIntents.create(usd(100, { payment_method: 'pm_card_authenticationRequired', confirm: true })),
      stripe.paymentIntents.create(usd(100, { payment_method: 'pm_usBankAccount_processing', confirm: true })),
      stripe.paymentIntents.create(
        usd(100, { payment_method: 'pm_card_visa', confirm: true, capture_method: 'manual' }),
      ),
    ])
    expect(intents.map((intent) => intent.status)).toEqual([
      'requires_payment_method',
      'requires_confirmation',
      'requires_action',
      'processing',
      'requires_capture',
    ])
    for (const { id } of intents) {
      const cancelled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' })
      expect(cancelled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned', amount_capturable: 0 })
    }
    const paid = await stripe.paymentIntents.create(usd(100, { payment_method: 'pm_card_visa', confirm: true }))
    for (const id of [paid.id, intents[0].id]) {
      const unexpected = { statusCode: 400, code: 'payment_intent_unexpected_state' }
      await expect(stripe.paymentIntents.cancel(id)).rejects.toMatchObject(unexpected)
      await expect(stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).rejects.toMatchObject(
        unexpected,
      )
    }
  })
})

describe('3-D Secure', () => {
  const secure = usd(2500, {
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
    return_url: 'https://shop.example/orders/1?tab=pay',
    description: '<b>Order</b>',
  })

  test('sends the buyer to a page that authorises the payment and redirects to the shop', async () => {
    await using sandbox = await testSandbox()
    const intent = await sandbox.stripe.paymentIntents.create(secure)
    expect(intent.status).toBe('requires_action')
    const url = intent.next_action?.redirect_to_url?.url ?? ''
    const page = await (await fetch(url)).text()
    expect(page).toContain('$25.00')
    expect(page).toContain('&lt;b&gt;Order&lt;/b&gt;')
    const response = await press(url, 'authorise')
    const back = new URL(response.headers.get('location') ?? '')
    expect([response.status, back.origin, back.searchParams.get('tab')]).toEqual([303, 'https://shop.example', 'pay'])
    expect(back.searchParams.get('redirect_status')).toBe('succeeded')
    expect((await sandbox.stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded')
    expect((await press(url, 'authorise')).status).toBe(404)
  })

  test('that fails leaves the payment open for another payment method', async () => {
    await using sandbox = await testSandbox()
    const intent = await sandbox.stripe.paymentIntents.create(secure)
    const failed = await sandbox.control('POST', `payment_intents/${intent.id}/authenticate`, { outcome: 'fail' })
    expect(failed).toMatchObject({
      status: 'requires_payment_method',
      next_action: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    })
    expect((await sandbox.stripe.charges.list()).data).toEqual([])
  })

  test('required from an off-session buyer declines the card', async () => {
    await using sandbox = await testSandbox()
    const away = sandbox.stripe.paymentIntents.create({ ...secure, off_session: true })
    await expect(away).rejects.toMatchObject({ statusCode: 402, code: 'authentication_required' })
  })

  function press(url: string, outcome: string): Promise<Response> {
    return fetch(url, { method: 'POST', body: new URLSearchParams({ outcome }), redirect: 'manual' })
  }
})

test('refunds never exceed the captured amount', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create(usd(1000, { payment_method: 'pm_card_visa', confirm: true }))
  const first = await stripe.refunds.create({ payment_intent: paid.id, amount: 400, metadata: { line: '1' } })
  expect(first).toMatchObject({ amount: 400, status: 'succeeded', payment_intent: paid.id, metadata: { line: '1' } })
  const tooMuch = stripe.refunds.create({ payment_intent: paid.id, amount: 601 })
  await expect(tooMuch).rejects.toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError', param: 'amount' })
  expect(await stripe.refunds.create({ charge: paid.latest_charge as string })).toMatchObject({ amount: 600 })
  const nothingLeft = stripe.refunds.create({ payment_intent: paid.id })
  await expect(nothingLeft).rejects.toMatchObject({ statusCode: 400, code: 'charge_already_refunded' })
  const unpaid = await stripe.paymentIntents.create(usd(1000))
  await expect(stripe.refunds.create({ payment_intent: unpaid.id })).rejects.toMatchObject({ statusCode: 400 })

  expect((await stripe.refunds.list({ payment_intent: paid.id })).data.map((refund) => refund.amount)).toEqual([
    600, 400,
  ])
  const movements = await stripe.balanceTransactions.list()
  expect(movements.data.map(({ type, amount, fee }) => [type, amount, fee])).toEqual([
    ['refund', -600, 0],
    ['refund', -400, 0],
    ['charge', 1000, 59],
  ])
})

test('lists return every object once, newest first, and search finds an order by metadata', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const ids: string[] = []
  for (let n = 0; n < 7; n++) {
    const order = n % 2 === 0 ? "even's" : 'odd'
    ids.unshift((await stripe.paymentIntents.create(usd(100 + n, { metadata: { order_id: order } }))).id)
  }
  const listed: string[] = []
  for await (const { id } of stripe.paymentIntents.list({ limit: 3 })) listed.push(id)
  expect(listed).toEqual(ids)
  const before = await stripe.paymentIntents.list({ limit: 2, ending_before: ids[4] ?? '' })
  expect(before.data.map(({ id }) => id)).toEqual(ids.slice(2, 4))
  expect((await stripe.paymentIntents.list({ created: { gt: Math.floor(Date.now() / 1000) + 5 } })).data).toEqual([])
  expect((await stripe.paymentIntents.list({ created: { gte: 1 }, limit: 100 })).data).toHaveLength(7)

  const found: number[] = []
  const query = `metadata['order_id']:'even\\'s' AND amount>100`
  for await (const { amount } of stripe.paymentIntents.search({ query, limit: 2 })) found.push(amount)
  expect(found).toEqual([106, 104, 102])
  await expect(stripe.paymentIntents.search({ query: 'order 7' })).rejects.toMatchObject({
    statusCode: 400,
    param: 'query',
  })
})

test('an invalid request is rejected in Stripe’s words and changes nothing', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const { id } = await stripe.paymentIntents.create(usd(100))
  const wrong = (params: object): Promise<unknown> =>
    stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams)
  await expect(wrong({ currency: 'usd' })).rejects.toMatchObject({ code: 'parameter_missing', param: 'amount' })
  await expect(wrong({ ...usd(1.5) })).rejects.toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' })
  await expect(wrong({ ...usd(10) })).rejects.toMatchObject({ code: 'amount_too_small' })
  await expect(wrong({ ...usd(100), colour: 'red' })).rejects.toMatchObject({
    code: 'parameter_unknown',
    param: 'colour',
  })
  await expect(wrong({ ...usd(100), currency: 'usdollar' })).rejects.toMatchObject({
    param: 'currency',
    statusCode: 400,
  })
  await expect(wrong({ ...usd(100), capture_method: 'later' })).rejects.toMatchObject({ param: 'capture_method' })
  await expect(stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_unknown' })).rejects.toMatchObject({
    statusCode: 400,
    code: 'resource_missing',
    param: 'payment_method',
  })
  await expect(stripe.paymentIntents.confirm(id)).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' })
  await expect(stripe.paymentIntents.retrieve('pi_none')).rejects.toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
  })
  await expect(stripe.customers.list()).rejects.toMatchObject({ statusCode: 404 })
  const stranger = stripeClient(Number(new URL(sandbox.url).port), 'sk_test_other')
  await expect(stranger.paymentIntents.retrieve(id)).rejects.toMatchObject({ statusCode: 401 })
  const basic = { authorization: `Basic ${Buffer.from('sk_test_sandbox:').toString('base64')}` }
  expect((await fetch(`${sandbox.url}/v1/payment_intents/${id}`, { headers: basic })).status).toBe(200)
  const json = { ...basic, 'content-type': 'application/json' }
  expect((await fetch(`${sandbox.url}/v1/refunds`, { method: 'POST', headers: json, body: '{}' })).status).toBe(415)
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1)
})

test('the start page describes the sandbox in English and Chinese and lists active faults', async () => {
  await using sandbox = await testSandbox()
  await sandbox.control('POST', 'faults', { mode: 'slow', delayMs: 10, operation: 'refund' })
  await sandbox.control('POST', 'faults', { mode: 'drop_webhook', event: 'refund.created' })
  const page = await (await fetch(sandbox.url)).text()
  const rows = ['<td>slow</td><td>refund</td>', '<td>drop_webhook</td><td>refund.created</td>']
  for (const text of ['Sandbox payment provider', '沙盒支付服务', ...rows]) expect(page).toContain(text)
})
