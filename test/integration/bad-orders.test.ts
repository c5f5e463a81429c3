import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createBuyer,
  procedureCall,
  tableDigests,
  expectRejected,
  homeAddress,
  logProblems,
  createProtectedResources,
  placeRequest,
  send,
  startTarget,
  type Attack,
  type ProtectedResources,
  type Target,
} from '#test'

/** Carts, orders and stock corrections with impossible quantities, products, addresses and sums. */

let target: Target
let goods: ProtectedResources
let sku: string

beforeAll(async () => {
  target = await startTarget()
  goods = await createProtectedResources(target)
  sku = goods.sku
})

afterAll(() => target[Symbol.asyncDispose]())

const named = (field: string, attack: Attack): Attack => ({
  ...attack,
  name: `${attack.name} ${String(attack.body).slice(0, 300)}`,
  expected: { ...attack.expected, field },
})

describe('a cart', () => {
  test.each([-1, 0.5, 1_000, 1e21, -1e21, '3', null, true, [1], { $gt: 0 }])('rejects the quantity %j', (quantity) =>
    expectRejected(
      target,
      [
        named('quantity', procedureCall('order.cart.setLine', { cartId: goods.guestCartId, sku, quantity })),
        named('lines.0.quantity', procedureCall('order.cart.create', { lines: [{ sku, quantity }] })),
      ],
      { error: 'bad_input', status: 400 },
    ),
  )

  test('is not created with a quantity of 0, 101 lines, or unknown fields', () =>
    expectRejected(
      target,
      [
        named('lines.0.quantity', procedureCall('order.cart.create', { lines: [{ sku, quantity: 0 }] })),
        named(
          'lines',
          procedureCall('order.cart.create', {
            lines: Array.from({ length: 101 }, (_, n) => ({ sku: `${sku}-${n}`, quantity: 1 })),
          }),
        ),
        named(
          'lines.0.unitPrice',
          procedureCall('order.cart.create', {
            lines: [{ sku, quantity: 1, unitPrice: { amount: 1, currency: 'USD' } }],
          }),
        ),
        named('userId', procedureCall('order.cart.create', { userId: randomUUID() })),
      ],
      { error: 'bad_input', status: 400 },
    ))

  test.each(['NO-SUCH-SKU', "' or 1=1 --", '%', '__proto__'])('rejects the unknown SKU %s', (unknown) =>
    expectRejected(
      target,
      [
        named('sku', procedureCall('order.cart.setLine', { cartId: goods.guestCartId, sku: unknown, quantity: 1 })),
        named(
          'lines.1.sku',
          procedureCall('order.cart.create', {
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

  test('is rejected in an unsupported currency or language, as are catalog queries', async () => {
    const views: [string, Record<string, unknown>][] = [
      ['product.list', {}],
      ['product.search', { q: 'a' }],
      ['product.suggest', { q: 'a' }],
      ['product.get', { slug: 'a' }],
      ['product.related', { id: randomUUID() }],
      ['order.cart.create', {}],
    ]
    const each = (field: string, value: string) =>
      views.map(([path, input]) => named(field, procedureCall(path, { ...input, [field]: value })))
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

  test('that was ordered rejects changes; an unknown code is not found', async () => {
    await expectRejected(
      target,
      [
        procedureCall('order.cart.setLine', { cartId: goods.orderedCartId, sku, quantity: 2 }),
        procedureCall('order.checkout', { cartId: goods.orderedCartId, shippingAddress: homeAddress }),
        procedureCall('order.cart.claim', { cartId: goods.orderedCartId }, { token: target.customer.token }),
      ].map((attack) => named('cartId', attack)),
      { error: 'cart_closed', status: 409 },
    )
    await expectRejected(
      target,
      [named('code', procedureCall('order.cart.applyCode', { cartId: goods.guestCartId, code: 'FREE' }))],
      {
        error: 'code_unknown',
        status: 404,
      },
    )
  })
})

describe('an order', () => {
  const place = (changes: Record<string, unknown>): Attack =>
    procedureCall('order.place', { ...placeRequest(goods.guestCartId), ...changes })

  test.each(['BR', 'XX', 'AQ'])('is not delivered to %s', (country) => {
    const shippingAddress = { ...homeAddress, country }
    return expectRejected(
      target,
      [place({ shippingAddress }), procedureCall('order.checkout', { cartId: goods.guestCartId, shippingAddress })].map(
        (attack) => named('shippingAddress.country', attack),
      ),
      { error: 'unsupported_country', status: 400 },
    )
  })

  test('requires a valid address, e-mail, key, total and card', () =>
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
          procedureCall('order.checkout', {
            cartId: goods.guestCartId,
            shippingAddress: homeAddress,
            shippingOptionId: 'drone',
          }),
        ),
        named(
          'payment.token',
          procedureCall('order.pay', { ...goods.order, idempotencyKey: randomUUID(), payment: { methodId: 'card' } }),
        ),
        named(
          'payment.methodId',
          procedureCall('order.pay', {
            ...goods.order,
            idempotencyKey: randomUUID(),
            payment: { methodId: 'iou', token: 'pm_card_visa' },
          }),
        ),
      ],
      { error: 'bad_input', status: 400 },
    ))

  test('that cannot be placed is refused with its reason, and only this reply is stored', async () => {
    const empty = (await target.guest.order.cart.create.mutate({})).id
    const before = await tableDigests(target.fleet, ['actor.idempotency'])
    const rejections: [reason: string, changes: Record<string, unknown>][] = [
      ['cart_empty', { cartId: empty }],
      ['method_unavailable', { payment: { methodId: 'iou' } }],
      ['method_unavailable', { payment: { methodId: '__proto__', token: 'x' } }],
      ['not_shippable', { shippingOptionId: 'drone' }],
      ['already_placed', { cartId: goods.orderedCartId }],
      ['total_changed', { expectedTotal: { amount: 1, currency: 'USD' } }],
      ['total_changed', { expectedTotal: { amount: -1, currency: 'XXX' } }],
    ]
    for (const [reason, changes] of rejections) {
      const response = await send(target.url, place(changes))
      const total = reason === 'total_changed' ? { total: expect.any(Object) as object } : {}
      expect(JSON.parse(response.text), reason).toEqual({ result: { data: { outcome: 'refused', reason, ...total } } })
    }
    expect(await tableDigests(target.fleet, ['actor.idempotency'])).toEqual(before)
  })
})

test('stock is not adjusted by an invalid number, below zero, or beyond its maximum', async () => {
  const adjust = (delta: unknown, of = sku): Attack =>
    procedureCall('product.admin.adjustStock', { sku: of, delta, reason: 'an attack' }, { token: target.staff.token })
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

test('the shop still sells, and its log holds no error and no input', async () => {
  expect(await createBuyer(target.url).place(goods.guestCartId)).toMatchObject({ outcome: 'placed' })
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
