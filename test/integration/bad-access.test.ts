import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  procedureCall,
  tableDigests,
  expectRejected,
  homeAddress,
  listProcedures,
  logProblems,
  createProtectedResources,
  placeRequest,
  send,
  startTarget,
  withValue,
  type Attack,
  type ProtectedResources,
  type Procedure,
  type Target,
} from '#test'

/** Requests with a false identity, or for another person's data: by session, by id, by webhook. */

let target: Target
let goods: ProtectedResources
let procedures: Procedure[]

beforeAll(async () => {
  target = await startTarget()
  goods = await createProtectedResources(target)
  procedures = await listProcedures(target.fleet, {
    sku: goods.sku,
    shippingOptionId: 'standard',
    methodId: 'card',
    token: 'pm_card_visa',
    email: `${target.marker}@example.com`,
    currency: 'USD',
    country: 'GB',
    postalCode: 'W1G 0AA',
    lastEventId: '1',
    trackingUrl: 'https://carrier.example/1',
  })
})

afterAll(() => target[Symbol.asyncDispose]())

/** A call of every procedure that takes this field; of staff procedures only with the token of staff. */
function callsWith(field: string, value: string, more: Parameters<typeof procedureCall>[2] = {}): Attack[] {
  const isStaff = more.token === target.staff.token
  return procedures
    .filter(
      ({ path, samples }) =>
        (field !== 'id' || path.startsWith('order.')) &&
        (isStaff || !path.includes('.admin.')) &&
        samples.some(({ input }) => field in input),
    )
    .map(({ path, type, samples: [sample] }) => ({
      ...procedureCall(path, withValue(sample?.input, [field], value), more),
      expected: { field, isStream: type === 'subscription' },
    }))
}

describe('the data of another person', () => {
  test("a customer's cart is not found by guests, other customers and staff, in any procedure", async () => {
    const others = [undefined, target.stranger.token, target.staff.token]
    const attacks = others.flatMap((token) =>
      callsWith('cartId', goods.customerCartId, token === undefined ? {} : { token }),
    )
    expect(new Set(attacks.map(({ name: what }) => what)).size).toBeGreaterThanOrEqual(6)
    // A guest's claim of a cart is rejected as unauthenticated instead.
    const [claims, rest] = [
      attacks.filter(({ name: what }) => what.endsWith('.claim')),
      attacks.filter(({ name: what }) => !what.endsWith('.claim')),
    ]
    await expectRejected(target, rest, { error: 'not_found' })
    await expectRejected(target, claims.slice(1), { error: 'not_found' })
  })

  test("an order is not found without its buyer's session or token", async () => {
    const intruders = [
      {},
      { token: target.stranger.token },
      { headers: { 'x-order-token': 'guessed' } },
      { headers: { cookie: `hf_order-${goods.order.id}=guessed` } },
    ]
    const attacks = intruders.flatMap((more) => callsWith('id', goods.order.id, more))
    expect(new Set(attacks.map(({ name: what }) => what))).toEqual(
      new Set(['order.pay', 'order.get', 'order.watch', 'order.cancel', 'order.attach']),
    )
    await expectRejected(target, attacks, { error: 'not_found' })
  })

  test('a cart or an order that does not exist is not found, even by staff', async () => {
    const token = target.staff.token
    await expectRejected(
      target,
      [...callsWith('cartId', randomUUID(), { token }), ...callsWith('id', randomUUID(), { token })],
      { error: 'not_found' },
    )
  })

  test('staff procedures are closed to guests and customers, for any input', async () => {
    const closed = procedures.filter(({ path }) => path.includes('.admin.'))
    expect(closed.length).toBeGreaterThanOrEqual(3)
    const bodies = closed.flatMap(({ path, samples: [sample] }) =>
      [sample?.input, {}, null, []].map((body) => [path, body] as const),
    )
    await expectRejected(
      target,
      bodies.map(([path, body]) => procedureCall(path, body)),
      { error: 'unauthenticated', status: 401 },
    )
    await expectRejected(
      target,
      bodies.map(([path, body]) => procedureCall(path, body, { token: target.customer.token })),
      { error: 'forbidden', status: 403 },
    )
  })
})

describe('a session that has ended', () => {
  const ended = async (): Promise<string[]> => {
    const { guest, marker, fleet, url } = target
    const login = { email: `stranger-${marker}@example.com`, password: `password-${marker}` }
    const expired = (await guest.user.login.mutate(login)).token
    await fleet.query(
      'update "user".session set expires_at = now() - interval \'1 second\' where created_at = (select max(created_at) from "user".session)',
    )
    const revoked = (await guest.user.login.mutate(login)).token
    await send(url, procedureCall('user.logout', '{}', { token: revoked }))
    return [expired, revoked]
  }

  test('is rejected where it is sent as a token, so that its owner logs in again', async () => {
    const tokens = await ended()
    const calls: [string, unknown][] = [
      ['user.me', {}],
      ['order.list', {}],
      ['order.cart.create', {}],
      ['order.cart.get', { cartId: goods.customerCartId }],
      ['order.cart.claim', { cartId: goods.guestCartId }],
      ['order.place', placeRequest(goods.guestCartId)],
      ['order.admin.list', {}],
    ]
    await expectRejected(
      target,
      tokens.flatMap((token) => calls.map(([path, input]) => procedureCall(path, input, { token }))),
      { error: 'unauthenticated', status: 401 },
    )
  })

  test('makes a browser that still has its cookie a guest', async () => {
    const cookies = (await ended()).map((token) => ({ headers: { cookie: `hf_session=${token}` } }))
    await expectRejected(
      target,
      cookies.map((more) => procedureCall('user.me', '{}', more)),
      { error: 'unauthenticated', status: 401 },
    )
    await expectRejected(
      target,
      cookies.map((more) => procedureCall('order.cart.get', { cartId: goods.customerCartId }, more)),
      { error: 'not_found', status: 404 },
    )
    for (const more of cookies)
      expect(
        (await send(target.url, procedureCall('order.cart.get', { cartId: goods.guestCartId }, more))).status,
      ).toBe(200)
  })
})

describe('a webhook', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  const signature = (body: string, { secret = target.webhookSecret, at = now() } = {}): string =>
    `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
  const deliver = (body: string, header: string | string[] | undefined): Attack => ({
    name: `webhook ${String(header).slice(0, 100)} ${body.slice(0, 100)}`,
    path: '/webhooks/payment',
    headers: { 'content-type': 'application/json', ...(header === undefined ? {} : { 'stripe-signature': header }) },
    body,
  })
  const event = (orderId: unknown): string =>
    JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'payment_intent.succeeded',
      data: {
        object: {
          id: 'pi_1',
          object: 'payment_intent',
          status: 'succeeded',
          amount_received: 100,
          currency: 'usd',
          metadata: { order_id: orderId },
        },
      },
    })

  test('with a missing, forged, cut or old signature, or one of another body, is rejected', () => {
    const body = event(goods.order.id)
    const good = signature(body)
    const headers = [
      undefined,
      '',
      'x',
      't=,v1=',
      `t=${now()}`,
      good.slice(0, -1),
      good.slice(0, 20),
      good.replace('v1', 'v0'),
      signature(body, { secret: 'whsec_guessed' }),
      signature(`${body} `),
      signature(body, { at: now() - 86_400 }),
      signature(body, { at: -1 }),
    ]
    return expectRejected(target, [...headers.map((header) => deliver(body, header)), deliver('', signature(body))], {
      error: 'bad_input',
      status: 400,
    })
  })

  test('of 300 KB is too large, signed or not', () => {
    const body = event('x'.repeat(300 * 1024))
    return expectRejected(target, [deliver(body, signature(body)), deliver(body, undefined)], {
      error: 'too_large',
      status: 413,
    })
  })

  test("about another program's order or an unknown order is accepted and changes nothing", async () => {
    const before = await tableDigests(target.fleet)
    for (const id of ['1234', '', "'; --", randomUUID()]) {
      const body = event(id)
      expect(await send(target.url, deliver(body, signature(body))), id).toMatchObject({
        status: 200,
        text: '{"received":true}',
      })
    }
    expect(await tableDigests(target.fleet)).toEqual(before)
  })
})

test('the shop still responds, and its log holds no error and no input', async () => {
  expect(await target.customer.client.order.cart.get.query({ cartId: goods.customerCartId })).toMatchObject({
    lines: [{}],
  })
  const secrets = [target.marker, target.customer.token, goods.order.accessToken, target.webhookSecret]
  expect(logProblems(target.server, [...secrets, homeAddress.line1, 'ada@example.com', 'pm_card', 'guessed'])).toEqual(
    [],
  )
})
