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
