import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { openShop, placing, rejectionOf, type Shop } from './shop.fixture.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase())
})
afterAll(() => shop[Symbol.asyncDispose]())

const guest = () => shop.callAs(null)
const cartOf = async (caller: ReturnType<Shop['callAs']>) =>
  (await caller.cart.create({ currency: 'USD', lines: [{ sku: shop.skus[0] ?? '', quantity: 1 }] })).id

describe('the holder of a cart id and its key', () => {
  test('gets the first reply after logging in, however often it asks', async () => {
    const request = placing(await cartOf(guest()))
    const first = await guest().place(request)
    expect(first).toMatchObject({ outcome: 'placed', accessToken: expect.any(String) as string })
    const ada = shop.callAs(randomUUID())
    expect(await ada.place(request)).toEqual(first)
    expect(await ada.place(request)).toEqual(first)
  })

  test('gets the first reply after logging out, of a cart of the account too', async () => {
    const ada = shop.callAs(randomUUID())
    const request = placing(await cartOf(ada))
    const first = await ada.place(request)
    expect(first).toMatchObject({ outcome: 'placed' })
    expect(await guest().place(request)).toEqual(first)
  })

  test('gets idempotency_mismatch after logging in, when the request is another one', async () => {
    const request = placing(await cartOf(guest()))
    await guest().place(request)
    const another = { ...request, email: 'other@example.com' }
    expect(await rejectionOf(shop.callAs(randomUUID()).place(another))).toMatchObject({ code: 'idempotency_mismatch' })
  })
})

test('a cart id with another key is already_placed, and an unordered cart of somebody else is not_found', async () => {
  const request = placing(await cartOf(guest()))
  await guest().place(request)
  const ada = shop.callAs(randomUUID())
  const again = { ...request, idempotencyKey: randomUUID() }
  expect(await ada.place(again)).toEqual({ outcome: 'refused', reason: 'already_placed' })
  expect(await rejectionOf(guest().place(placing(await cartOf(ada))))).toMatchObject({ code: 'not_found' })
})

test('one key of an account places one order, whatever cart it names', async () => {
  const ada = shop.callAs(randomUUID())
  const request = placing(await cartOf(ada))
  await ada.place(request)
  const other = { ...request, cartId: await cartOf(ada) }
  expect(await rejectionOf(ada.place(other))).toMatchObject({ code: 'idempotency_mismatch' })
})

test('an order is in the language of its placing, whatever the language of its cart', async () => {
  const lines = [{ sku: shop.skus[0] ?? '', quantity: 1 }]
  const { id: cartId } = await guest().cart.create({ currency: 'USD', locale: 'en', lines })
  const chinese = await guest().cart.create({ currency: 'USD', locale: 'zh', lines })
  const request = placing(cartId)
  const quote = await guest().checkout({ cartId, shippingAddress: request.shippingAddress, locale: 'zh' })
  const answer = await guest().place({ ...request, locale: 'zh' })
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  expect(answer.order.lines[0]?.title).toBe(chinese.lines[0]?.title)
  expect(answer.order.shippingOption.name).toBe(quote.shippingOptions[0]?.name)
  expect(answer.order.shippingOption.name).toMatch(/标准/)
  const [order] = await shop.sql('select locale from "order".orders where id = $1', [answer.order.id])
  expect(order).toEqual({ locale: 'zh' })
})

test('a total_changed refusal carries the new total', async () => {
  const request = placing(await cartOf(guest()))
  const { totals } = await guest().checkout({ cartId: request.cartId, shippingAddress: request.shippingAddress })
  const expectedTotal = { amount: totals.total.amount - 1, currency: 'USD' }
  expect(await guest().place({ ...request, expectedTotal })).toEqual({
    outcome: 'refused',
    reason: 'total_changed',
    total: totals.total,
  })
})

test('a cart says that its tax is not known until there is an address', async () => {
  const cart = await guest().cart.get({ cartId: await cartOf(guest()) })
  expect(cart.totals).toMatchObject({ taxKnown: false, taxIncluded: false })
  const shippingAddress = {
    name: 'Ada',
    line1: '1 Street',
    city: 'Toronto',
    region: 'ON',
    postalCode: 'M5H 2N2',
    country: 'CA',
  }
  const { totals } = await guest().checkout({ cartId: cart.id, shippingAddress })
  expect(totals).toMatchObject({ taxKnown: true, taxIncluded: false })
  expect(totals.tax.amount).toBeGreaterThan(0)
})
