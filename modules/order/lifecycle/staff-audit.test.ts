import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '#test'
import { openShop, placing } from '../cart/shop.fixture.ts'

async function placeOrder() {
  const shop = await openShop(await createTestDatabase())
  onTestFinished(() => shop[Symbol.asyncDispose]())
  const guest = shop.callAs(null)
  const cart = await guest.cart.create({ currency: 'USD', lines: [{ sku: shop.skus[0] ?? '', quantity: 1 }] })
  const answer = await guest.place(placing(cart.id))
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  const audit = () => shop.sql('select actor_id, action, subject, detail from "user".audit order by id')
  return { shop, id: answer.order.id, audit }
}

test('an act of staff on an order is audited with it, without its text; that of a buyer is not', async () => {
  const { shop, id, audit } = await placeOrder()
  expect(await audit()).toEqual([])
  const sue = randomUUID()
  const { admin } = shop.callAs(sue, { role: 'staff' })
  await admin.note({ id, idempotencyKey: 'one', text: 'Ann called from 555-0100' })
  await admin.note({ id, idempotencyKey: 'one', text: 'Ann called from 555-0100' })
  const acts = await audit()
  expect(acts).toHaveLength(1)
  expect(acts).toMatchObject([{ actor_id: sue, action: 'order.note', subject: `order:${id}` }])
  expect(JSON.stringify(acts)).not.toContain('555')
  const position = (acts[0]?.['detail'] as { position: number } | undefined)?.position
  expect(
    await shop.sql('select user_id from "order".order_event where order_id = $1 and position = $2', [id, position]),
  ).toEqual([{ user_id: sue }])
})

test('a rejected act of staff is not audited', async () => {
  const { shop, id, audit } = await placeOrder()
  const { admin } = shop.callAs(randomUUID(), { role: 'staff' })
  await expect(admin.capture({ id, idempotencyKey: 'one' })).rejects.toThrow(/./)
  expect(await audit()).toEqual([])
})

test('a requested reconciliation is audited', async () => {
  const { shop, audit } = await placeOrder()
  const { id } = await shop.callAs(randomUUID(), { role: 'staff' }).admin.reconciliation.run()
  expect(await audit()).toMatchObject([{ action: 'reconciliation.run', subject: `reconciliation:${id}` }])
})

test('the timeline of an order rejects changes in the database', async () => {
  const { shop } = await placeOrder()
  for (const statement of [
    `update "order".order_event set event = 'none'`,
    'delete from "order".order_event',
    'truncate "order".order_event',
  ])
    await expect(shop.sql(statement)).rejects.toThrow('append-only')
})
