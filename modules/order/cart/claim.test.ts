import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { openShop, placing, rejectionOf, type Shop } from './shop.fixture.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase())
})
afterAll(() => shop[Symbol.asyncDispose]())

const guest = () => shop.callAs(null)
const mug = () => shop.skus[0] ?? ''

test('a cart claimed three times concurrently holds 3 units of 2 and 1, while no worker runs', async () => {
  const ada = shop.callAs(randomUUID())
  const account = await ada.cart.create({ lines: [{ sku: mug(), quantity: 2 }] })
  const { id: cartId } = await guest().cart.create({ lines: [{ sku: mug(), quantity: 1 }] })
  const answers = await Promise.all([1, 2, 3].map(() => ada.cart.claim({ cartId })))
  for (const answer of answers)
    expect(answer).toMatchObject({ id: cartId, lines: [{ sku: mug(), quantity: 3 }], notTaken: [] })
  expect((await ada.cart.get({ cartId: account.id })).lines).toEqual([])
  expect(await rejectionOf(guest().cart.get({ cartId }))).toMatchObject({ code: 'not_found' })
})

test('a claim names the lines of another currency, which stay in the account cart', async () => {
  const ada = shop.callAs(randomUUID())
  const account = await ada.cart.create({ currency: 'EUR', lines: [{ sku: mug(), quantity: 2 }] })
  const { id: cartId } = await guest().cart.create({ currency: 'USD', lines: [{ sku: mug(), quantity: 1 }] })
  const notTaken = [{ sku: mug(), quantity: 2, reason: 'other_currency', cartId: account.id }]
  for (const _ of [1, 2]) expect(await ada.cart.claim({ cartId })).toMatchObject({ notTaken })
  expect((await ada.cart.get({ cartId: account.id })).lines).toMatchObject([{ sku: mug(), quantity: 2 }])
})

test("an account finds its cart on another device, and nobody else's", async () => {
  const [ada, bob] = [shop.callAs(randomUUID()), shop.callAs(randomUUID())]
  expect(await ada.cart.current()).toBeNull()
  const { id } = await ada.cart.create({ lines: [{ sku: mug(), quantity: 2 }] })
  expect(await ada.cart.current()).toMatchObject({ id, lines: [{ sku: mug(), quantity: 2 }] })
  expect(await bob.cart.current()).toBeNull()
  expect(await rejectionOf(guest().cart.current())).toMatchObject({ code: 'unauthenticated' })
  await ada.place(placing(id))
  expect(await ada.cart.current()).toBeNull()
})

test('every unit is in one cart or in one order, however claims, changes and placings interleave', async () => {
  const step = fc.constantFrom('claim', 'claim', 'claim', 'set guest', 'set account', 'place guest', 'place account')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
      const [a = '', b = '', c = ''] = shop.skus
      const ada = shop.callAs(randomUUID())
      const account = await ada.cart.create({ currency: 'USD', lines: [{ sku: a, quantity: 2 }] })
      const { id: cartId } = await guest().cart.create({ currency: 'USD', lines: [{ sku: b, quantity: 1 }] })
      const does: Record<(typeof steps)[number], () => Promise<unknown>> = {
        claim: () => ada.cart.claim({ cartId }),
        'set guest': () => ada.cart.setLine({ cartId, sku: c, quantity: 1 }),
        'set account': () => ada.cart.setLine({ cartId: account.id, sku: c, quantity: 1 }),
        'place guest': () => ada.place(placing(cartId)),
        'place account': () => ada.place(placing(account.id)),
      }
      const done = await Promise.all(steps.map(async (name) => ({ name, rejection: await rejectionOf(does[name]()) })))
      for (const { rejection } of done) if (rejection !== undefined) expect(rejection.code).toBe('cart_closed')
      const carts = await shop.sql('select id, order_id, lines from "order".cart where id = any($1)', [
        [cartId, account.id],
      ])
      // The lines of an ordered cart are those of its order.
      const ordered = await shop.sql(
        `select o.cart_id, json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity) order by l.position) as lines
         from "order".orders o join "order".order_line l on l.order_id = o.id where o.cart_id = any($1) group by 1`,
        [[cartId, account.id]],
      )
      for (const { cart_id: id, lines } of ordered)
        expect(carts.find((cart) => cart['id'] === id)?.['lines']).toEqual(lines)
      const quantityOf = (sku: string): number =>
        carts
          .flatMap(({ lines }) => lines as { sku: string; quantity: number }[])
          .filter((line) => line.sku === sku)
          .reduce((sum, line) => sum + line.quantity, 0)
      expect([quantityOf(a), quantityOf(b)]).toEqual([2, 1])
      const sets = done.filter(({ name, rejection }) => name.startsWith('set') && rejection === undefined)
      expect(quantityOf(c)).toBeLessThanOrEqual(sets.length)
      if (sets.length > 0) expect(quantityOf(c)).toBeGreaterThan(0)
    }),
    { numRuns: 40 },
  )
})
