import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { openShop, placing, type Shop } from '../cart/shop.fixture.ts'
import { canonicalOrderNumber } from './order-number.rules.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase())
})
afterAll(() => shop[Symbol.asyncDispose]())

const staff = () => shop.callAs(randomUUID(), { role: 'staff' }).admin
async function placed(email: string) {
  const guest = shop.callAs(null)
  const cart = await guest.cart.create({ currency: 'USD', lines: [{ sku: shop.skus[0] ?? '', quantity: 1 }] })
  const answer = await guest.place({ ...placing(cart.id), email })
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  return answer.order
}
const found = async (filter: { number?: string; email?: string }) =>
  (await staff().list(filter)).items.map(({ id }) => id)

test('an order is found by its number in any form in which people write it', async () => {
  const { id } = await placed('ann@example.com')
  await shop.sql('update "order".orders set number = $1 where id = $2', ['5DJ01-A7XYH', id])
  for (const number of [
    '5DJ01-A7XYH',
    '#5DJ01-A7XYH',
    '5dj01a7xyh',
    ' 5dj01 a7xyh ',
    '5djOl-a7xyh',
    '#５ＤＪ０１A7XYH',
  ])
    expect(await found({ number }), number).toEqual([id])
  expect(await found({ number: '5DJ01' })).toEqual([])
  expect(canonicalOrderNumber('5DJ01-A7XYH')).toBe('5DJ01-A7XYH')
})

test('an order is found by its e-mail address in any case, or by the beginning of it', async () => {
  const { id } = await placed('Berta.Klein@Example.com')
  const other = await placed('berta.klein@example.community')
  expect(await found({ email: ' berta.klein@example.COM' })).toEqual([id])
  expect((await found({ email: 'berta.k' })).toSorted()).toEqual([id, other.id].toSorted())
  for (const email of ['%klein', 'berta_klein', 'klein@example.com']) expect(await found({ email }), email).toEqual([])
})

test('the search by e-mail address reads an index', async () => {
  await transaction(shop.services.database, async (tx) => {
    // A table this small is otherwise scanned.
    await tx.execute('set local enable_seqscan = off')
    for (const condition of [`lower(email) = 'ann@example.com'`, `lower(email) like 'ann%'`]) {
      const { rows } = await tx.execute(`explain select id from "order".orders where ${condition}`)
      expect(JSON.stringify(rows)).toContain('orders_email')
    }
  })
})
