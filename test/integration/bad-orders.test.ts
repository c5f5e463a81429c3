import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buyer,
  callWith,
  digest,
  expectRejected,
  homeAddress,
  logProblems,
  makeGoods,
  placement,
  send,
  startTarget,
  type Attack,
  type Goods,
  type Target,
} from '#test'

/** Carts, orders and stock in the hands of somebody who cannot count, or wants what is not to be had. */

let target: Target
let goods: Goods
let sku: string

beforeAll(async () => {
  target = await startTarget()
  goods = await makeGoods(target)
  sku = goods.sku
})

afterAll(() => target[Symbol.asyncDispose]())

const named = (field: string, attack: Attack): Attack => ({
  ...attack,
  what: `${attack.what} ${String(attack.body).slice(0, 300)}`,
  expected: { ...attack.expected, field },
})

describe('a cart', () => {
  test.each([-1, 0.5, 1_000, 1e21, -1e21, '3', null, true, [1], { $gt: 0 }])('takes no %j pieces', (quantity) =>
    expectRejected(
      target,
      [
        named('quantity', callWith('order.cart.setLine', { cartId: goods.guestsCart, sku, quantity })),
        named('lines.0.quantity', callWith('order.cart.create', { lines: [{ sku, quantity }] })),
      ],
      { error: 'bad_input', status: 400 },
    ),
  )

  test('is not made with 0 pieces, 101 lines, or fields that nobody knows', () =>
    expectRejected(
      target,
      [
        named('lines.0.quantity', callWith('order.cart.create', { lines: [{ sku, quantity: 0 }] })),
        named(
          'lines',
          callWith('order.cart.create', {
            lines: Array.from({ length: 101 }, (_, n) => ({ sku: `${sku}-${n}`, quantity: 1 })),
          }),
        ),
        named(
          'lines.0.unitPrice',
          callWith('order.cart.create', { lines: [{ sku, quantity: 1, unitPrice: { amount: 1, currency: 'USD' } }] }),
        ),
        named('userId', callWith('order.cart.create', { userId: randomUUID() })),
      ],
      { error: 'bad_input', status: 400 },
    ))

  test.each(['NO-SUCH-SKU', "' or 1=1 --", '%', '__proto__'])('knows no SKU %s', (unknown) =>
    expectRejected(
      target,
      [
        named('sku', callWith('order.cart.setLine', { cartId: goods.guestsCart, sku: unknown, quantity: 1 })),
        named(
          'lines.1.sku',
          callWith('order.cart.create', {
            lines: [
              { sku, quantity: 1 },
              { sku: unknown, quantity: 1 },
            ],
          }),
        ),
      ],
      { error: 'not_found', status: 404 },
    ),
  )

  test('is not kept in a currency that is not sold in, or a language that is not spoken', async () => {
    const views: [string, Record<string, unknown>][] = [
      ['product.list', {}],
      ['product.search', { q: 'a' }],
      ['product.suggest', { q: 'a' }],
      ['product.get', { slug: 'a' }],
      ['product.related', { id: randomUUID() }],
      ['order.cart.create', {}],
    ]
    const each = (field: string, value: string) =>
      views.map(([path, input]) => named(field, callWith(path, { ...input, [field]: value })))
    await expectRejected(target, [...each('currency', 'JPY'), ...each('currency', 'XXX')], {
      error: 'unsupported_currency',
      status: 400,
    })
    await expectRejected(
      target,
      [...each('currency', 'usd'), ...each('currency', 'USDT'), ...each('locale', 'tlh'), ...each('locale', 'EN')],
      { error: 'bad_input', status: 400 },
    )
  })

  test('that was ordered takes no more changes; a code that does not exist is not found', async () => {
    await expectRejected(
      target,
      [
        callWith('order.cart.setLine', { cartId: goods.orderedCart, sku, quantity: 2 }),
        callWith('order.checkout', { cartId: goods.orderedCart, shippingAddress: homeAddress }),
        callWith('order.cart.claim', { cartId: goods.orderedCart }, { token: target.customer.token }),
      ].map((attack) => named('cartId', attack)),
      { error: 'cart_closed', status: 409 },
    )
    await expectRejected(
      target,
      [named('code', callWith('order.cart.applyCode', { cartId: goods.guestsCart, code: 'FREE' }))],
      {
        error: 'code_unknown',
        status: 404,
      },
    )
  })
})

describe('an order', () => {
  const place = (changes: Record<string, unknown>): Attack =>
    callWith('order.place', { ...placement(goods.guestsCart), ...changes })

  test.each(['BR', 'XX', 'AQ'])('is not delivered to %s', (country) => {
    const shippingAddress = { ...homeAddress, country }
    return expectRejected(
      target,
      [place({ shippingAddress }), callWith('order.checkout', { cartId: goods.guestsCart, shippingAddress })].map(
        (attack) => named('shippingAddress.country', attack),
      ),
      { error: 'unsupported_country', status: 400 },
    )
  })

  test('needs an address, an e-mail, a key, a sum and a card that can be ones', () =>
    expectRejected(
      target,
      [
        named('email', place({ email: undefined })),
        named('email', place({ email: 'ada' })),
        named('email', place({ email: 'ada@example.com\r\nBcc: everybody@example.com' })),
        named('shippingAddress.country', place({ shippingAddress: { ...homeAddress, country: 'gb' } })),
        named('shippingAddress.name', place({ shippingAddress: { ...homeAddress, name: '   ' } })),
        named('billingAddress', place({ billingAddress: 'the same' })),
        named('idempotencyKey', place({ idempotencyKey: '' })),
        named('idempotencyKey', place({ idempotencyKey: 'x'.repeat(256) })),
        named('expectedTotal.amount', place({ expectedTotal: { amount: 0.1, currency: 'USD' } })),
        named('expectedTotal.amount', place({ expectedTotal: { amount: 1e21, currency: 'USD' } })),
        named('payment', place({ payment: undefined })),
        named('payment.token', place({ payment: { methodId: 'card' } })),
        named('payment.token', place({ payment: { methodId: 'card', token: '' } })),
        named(
          'shippingOptionId',
          callWith('order.checkout', {
            cartId: goods.guestsCart,
            shippingAddress: homeAddress,
            shippingOptionId: 'drone',
          }),
        ),
        named(
          'payment.token',
          callWith('order.pay', { ...goods.order, idempotencyKey: randomUUID(), payment: { methodId: 'card' } }),
        ),
        named(
          'payment.methodId',
          callWith('order.pay', {
            ...goods.order,
            idempotencyKey: randomUUID(),
            payment: { methodId: 'iou', token: 'pm_card_visa' },
          }),
        ),
      ],
      { error: 'bad_input', status: 400 },
    ))

  test('that cannot be is refused with its reason, and nothing but this answer is kept', async () => {
    const empty = (await target.guest.order.cart.create.mutate({})).id
    const before = await digest(target.fleet, ['actor.idempotency'])
    const refusals: [reason: string, changes: Record<string, unknown>][] = [
      ['cart_empty', { cartId: empty }],
      ['method_unavailable', { payment: { methodId: 'iou' } }],
      ['method_unavailable', { payment: { methodId: '__proto__', token: 'x' } }],
      ['not_shippable', { shippingOptionId: 'drone' }],
      ['already_placed', { cartId: goods.orderedCart }],
      ['total_changed', { expectedTotal: { amount: 1, currency: 'USD' } }],
      ['total_changed', { expectedTotal: { amount: -1, currency: 'XXX' } }],
    ]
    for (const [reason, changes] of refusals) {
      const answer = await send(target.url, place(changes))
      expect(JSON.parse(answer.text), reason).toEqual({ result: { data: { outcome: 'refused', reason } } })
    }
    expect(await digest(target.fleet, ['actor.idempotency'])).toEqual(before)
  })
})

test('stock is not adjusted by what cannot be counted, below nothing, or beyond what can be kept', async () => {
  const adjust = (delta: unknown, of = sku): Attack =>
    callWith('product.admin.adjustStock', { sku: of, delta, reason: 'an attack' }, { token: target.staff.token })
  await expectRejected(
    target,
    [0, 0.5, 1e21, -1e21, 1_000_001, '3', null].map((delta) => named('delta', adjust(delta))),
    { error: 'bad_input', status: 400 },
  )
  await expectRejected(target, [named('delta', adjust(-1_000_000))], { error: 'bad_input', status: 400 })
  await expectRejected(target, [named('sku', adjust(1, 'NO-SUCH-SKU'))], { error: 'not_found', status: 404 })
  const [full] = await target.fleet.query<{ sku: string }>(
    'update product.stock set available = 1000000000 where sku = (select max(sku) from product.stock) returning sku',
  )
  await expectRejected(target, [named('delta', adjust(1_000, full?.sku))], { error: 'bad_input', status: 400 })
})

test('after all of this the shop sells, and has logged neither an error of its own nor anything that was sent', async () => {
  expect(await buyer(target.url).place(goods.guestsCart)).toMatchObject({ outcome: 'placed' })
  expect(
    logProblems(target.server, [
      target.marker,
      target.customer.token,
      goods.order.accessToken,
      homeAddress.line1,
      'ada@example.com',
      'pm_card',
    ]),
  ).toEqual([])
})
