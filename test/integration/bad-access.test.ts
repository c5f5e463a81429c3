import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  callWith,
  digest,
  expectRejected,
  homeAddress,
  listProcedures,
  logProblems,
  makeGoods,
  placement,
  send,
  startTarget,
  withValue,
  type Attack,
  type Goods,
  type Procedure,
  type Target,
} from '#test'

/** Who is not who they say, or wants what is somebody else's: by session, by id, by webhook. */

let target: Target
let goods: Goods
let procedures: Procedure[]

beforeAll(async () => {
  target = await startTarget()
  goods = await makeGoods(target)
  procedures = await listProcedures(target.fleet, {
    sku: goods.sku,
    shippingOptionId: 'standard',
    methodId: 'card',
    token: 'pm_card_visa',
    email: `${target.marker}@example.com`,
    currency: 'USD',
    country: 'GB',
    lastEventId: '1',
    trackingUrl: 'https://carrier.example/1',
  })
})

afterAll(() => target[Symbol.asyncDispose]())

/** Every procedure that takes such a field, with it; those of the staff only for the staff. */
function everyWith(field: string, value: string, more: Parameters<typeof callWith>[2] = {}): Attack[] {
  const isStaffs = more.token === target.staff.token
  return procedures
    .filter(
      ({ path, samples }) =>
        (field !== 'id' || path.startsWith('order.')) &&
        (isStaffs || !path.includes('.admin.')) &&
        samples.some(({ input }) => field in input),
    )
    .map(({ path, type, samples: [sample] }) => ({
      ...callWith(path, withValue(sample?.input, [field], value), more),
      expected: { field, isStream: type === 'subscription' },
    }))
}

describe('what belongs to somebody else', () => {
  test("a customer's cart is not found by guests, other customers and staff, whatever they want with it", async () => {
    const others = [undefined, target.stranger.token, target.staff.token]
    const attacks = others.flatMap((token) =>
      everyWith('cartId', goods.customersCart, token === undefined ? {} : { token }),
    )
    expect(new Set(attacks.map(({ what }) => what)).size).toBeGreaterThanOrEqual(6)
    // A guest who claims a cart is told to log in first.
    const [claims, rest] = [
      attacks.filter(({ what }) => what.endsWith('.claim')),
      attacks.filter(({ what }) => !what.endsWith('.claim')),
    ]
    await expectRejected(target, rest, { error: 'not_found' })
    await expectRejected(target, claims.slice(1), { error: 'not_found' })
  })

  test("an order is not found without its buyer's session or token", async () => {
    const strangers = [
      {},
      { token: target.stranger.token },
      { headers: { 'x-order-token': 'guessed' } },
      { headers: { cookie: `hf_order-${goods.order.id}=guessed` } },
    ]
    const attacks = strangers.flatMap((more) => everyWith('id', goods.order.id, more))
    expect(new Set(attacks.map(({ what }) => what))).toEqual(
      new Set(['order.pay', 'order.get', 'order.watch', 'order.cancel']),
    )
    await expectRejected(target, attacks, { error: 'not_found' })
  })

  test('what does not exist is not found, even by staff', async () => {
    const token = target.staff.token
    await expectRejected(
      target,
      [...everyWith('cartId', randomUUID(), { token }), ...everyWith('id', randomUUID(), { token })],
      { error: 'not_found' },
    )
  })

  test('staff procedures are closed to guests and customers, whatever they send', async () => {
    const closed = procedures.filter(({ path }) => path.includes('.admin.'))
    expect(closed.length).toBeGreaterThanOrEqual(3)
    const bodies = closed.flatMap(({ path, samples: [sample] }) =>
      [sample?.input, {}, null, []].map((body) => [path, body] as const),
    )
    await expectRejected(
      target,
      bodies.map(([path, body]) => callWith(path, body)),
      { error: 'unauthenticated', status: 401 },
    )
    await expectRejected(
      target,
      bodies.map(([path, body]) => callWith(path, body, { token: target.customer.token })),
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
    await send(url, callWith('user.logout', '{}', { token: revoked }))
    return [expired, revoked]
  }

  test('is refused where it is sent as a token, so that its owner logs in again', async () => {
    const tokens = await ended()
    const calls: [string, unknown][] = [
      ['user.me', {}],
      ['order.list', {}],
      ['order.cart.create', {}],
      ['order.cart.get', { cartId: goods.customersCart }],
      ['order.cart.claim', { cartId: goods.guestsCart }],
      ['order.place', placement(goods.guestsCart)],
      ['order.admin.list', {}],
    ]
    await expectRejected(
      target,
      tokens.flatMap((token) => calls.map(([path, input]) => callWith(path, input, { token }))),
      { error: 'unauthenticated', status: 401 },
    )
  })

  test('makes a guest of a browser that still has its cookie', async () => {
    const cookies = (await ended()).map((token) => ({ headers: { cookie: `hf_session=${token}` } }))
    await expectRejected(
      target,
      cookies.map((more) => callWith('user.me', '{}', more)),
      { error: 'unauthenticated', status: 401 },
    )
    await expectRejected(
      target,
      cookies.map((more) => callWith('order.cart.get', { cartId: goods.customersCart }, more)),
      { error: 'not_found', status: 404 },
    )
    for (const more of cookies)
      expect((await send(target.url, callWith('order.cart.get', { cartId: goods.guestsCart }, more))).status).toBe(200)
  })
})

describe('a webhook', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  const signature = (body: string, { secret = target.webhookSecret, at = now() } = {}): string =>
    `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
  const deliver = (body: string, header: string | string[] | undefined): Attack => ({
    what: `webhook ${String(header).slice(0, 100)} ${body.slice(0, 100)}`,
    path: '/webhooks/payment',
    headers: { 'content-type': 'application/json', ...(header === undefined ? {} : { 'stripe-signature': header }) },
    body,
  })
  const event = (orderId: unknown): string =>
    JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'payment_intent.succeeded',
      data: { object: { id: 'pi_1', object: 'payment_intent', status: 'succeeded', metadata: { order_id: orderId } } },
    })

  test('whose signature is missing, forged, cut, of another body or of yesterday is refused by name', () => {
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

  test('about an order of another program on the same account, or one we do not know, is taken and changes nothing', async () => {
    const before = await digest(target.fleet)
    for (const id of ['1234', '', "'; --", 42, randomUUID(), goods.order.id]) {
      const body = event(id)
      expect(await send(target.url, deliver(body, signature(body))), String(id)).toMatchObject({
        status: 200,
        text: '{"received":true}',
      })
    }
    expect(await digest(target.fleet)).toEqual(before)
  })
})

test('after all of this the shop answers, and has logged neither an error of its own nor anything that was sent', async () => {
  expect(await target.customer.client.order.cart.get.query({ cartId: goods.customersCart })).toMatchObject({
    lines: [{}],
  })
  const secrets = [target.marker, target.customer.token, goods.order.accessToken, target.webhookSecret]
  expect(logProblems(target.server, [...secrets, homeAddress.line1, 'ada@example.com', 'pm_card', 'guessed'])).toEqual(
    [],
  )
})
