import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createTestDatabase, waitFor } from '#test'
import { openShop, placing, rejectionOf, type Shop } from '../cart/shop.fixture.ts'

const declining = 'pm_card_visa_chargeDeclined'
const paying = 'pm_card_visa'

async function shopWith(env: Record<string, string> = {}): Promise<Shop> {
  const shop = await openShop(await createTestDatabase(), env)
  onTestFinished(() => shop[Symbol.asyncDispose]())
  await shop.sql('update product.stock set available = 10000')
  return shop
}

type Caller = ReturnType<Shop['callAs']>

async function request(
  caller: Caller,
  shop: Shop,
  options: { token?: string; email?: string; quantity?: number } = {},
) {
  const { token = paying, email = 'ada@example.com', quantity = 1 } = options
  const { id } = await caller.cart.create({ currency: 'USD', lines: [{ sku: shop.skus[0] ?? '', quantity }] })
  return { ...placing(id), email, payment: { methodId: 'card', token } }
}
async function placed(caller: Caller, shop: Shop, options: Parameters<typeof request>[2] = {}) {
  const answer = await caller.place(await request(caller, shop, options))
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  return { id: answer.order.id, accessToken: answer.accessToken }
}
const payment = (token: string) => ({ idempotencyKey: randomUUID(), payment: { methodId: 'card', token } })

describe('attempts to pay one order', () => {
  test('are limited: the order goes on hold, staff find it, and their release lets it be paid', async () => {
    const shop = await shopWith()
    const guest = shop.callAs(null)
    const staff = shop.callAs(randomUUID(), { role: 'staff' }).admin
    const access = await placed(guest, shop, { token: declining })
    let last = { ...access, ...payment(declining) }
    for (let attempt = 2; attempt <= 5; attempt += 1) {
      await shop.work()
      last = { ...access, ...payment(declining) }
      await guest.pay(last)
    }
    await shop.work()
    for (const token of [declining, paying]) {
      const rejection = await rejectionOf(guest.pay({ ...access, ...payment(token) }))
      expect(rejection).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: expect.any(Number) as number })
      expect(rejection?.message).toContain('on hold')
    }
    // A repeated request gets its stored reply all the same.
    expect(await guest.pay(last)).toMatchObject({ id: access.id })
    expect((await staff.list({ attention: 'on_hold' })).items.map(({ id }) => id)).toEqual([access.id])
    expect((await guest.get(access)).timeline.map(({ event }) => event)).not.toContain('on_hold')

    const release = { id: access.id, idempotencyKey: randomUUID(), reason: 'called the buyer' }
    await staff.release(release)
    expect((await staff.list({ attention: 'any' })).items).toEqual([])
    await guest.pay({ ...access, ...payment(paying) })
    await shop.work()
    expect(await guest.get(access)).toMatchObject({ status: 'paid' })
    const again = { id: access.id, idempotencyKey: randomUUID() }
    expect(await rejectionOf(staff.release(again))).toMatchObject({ code: 'order_state' })
  })
})

describe('the latest orders of a network', () => {
  const until = async (place: () => Promise<unknown>, work: () => Promise<void>) => {
    let rejection: Awaited<ReturnType<typeof rejectionOf>>
    await waitFor(
      async () => {
        rejection = await rejectionOf(place())
        await work()
        return rejection !== undefined
      },
      { timeoutMs: 20_000, what: 'a placing to be rejected' },
    )
    return rejection
  }

  test('limit it once too many come to nothing, whatever the e-mail, and not its neighbours', async () => {
    const shop = await shopWith({ FAILED_ATTEMPTS_NETWORK: '6' })
    const thief = shop.callAs(null, { address: '2001:db8:1:2::7' })
    const place = () => placed(thief, shop, { token: declining, email: `${randomUUID()}@example.com` })
    expect(await until(place, () => shop.work())).toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: expect.any(Number) as number,
    })
    const sameNetwork = shop.callAs(null, { address: '2001:db8:1:2::8' })
    expect(await rejectionOf(placed(sameNetwork, shop))).toMatchObject({ code: 'too_many_requests' })
    await placed(shop.callAs(null, { address: '2001:db8:1:3::7' }), shop)
    const sources = await shop.sql('select distinct source from "order".orders')
    expect(JSON.stringify(sources)).not.toContain('2001')
  })

  test('limit it after a few large orders that nobody pays, and again and again', async () => {
    const shop = await shopWith()
    const guest = shop.callAs(null, { address: '203.0.113.1' })
    let count = 0
    const place = async () => {
      const order = await placed(guest, shop, { quantity: 499, email: `${randomUUID()}@example.com` })
      count += 1
      await guest.cancel(order)
    }
    expect(await until(place, () => shop.work())).toMatchObject({ code: 'too_many_requests' })
    expect(count).toBeLessThan(30)
  })

  test.each([
    ['an account', randomUUID()],
    ['the e-mail address of guests', null],
  ])('limit %s on any network, in the language of the placing', async (_, ada) => {
    const shop = await shopWith({ FAILED_ATTEMPTS_BUYER: '4' })
    let host = 0
    const place = async () => {
      const caller = shop.callAs(ada, { address: `198.51.100.${(host += 1)}` })
      return caller.place({ ...(await request(caller, shop, { token: declining })), locale: 'zh' })
    }
    const rejection = await until(place, () => shop.work())
    expect(rejection).toMatchObject({ code: 'too_many_requests' })
    expect(rejection?.message).toContain('分钟后再试')
  })

  test('limit the orders of an account that wait for their payment', async () => {
    const shop = await shopWith({ UNPAID_ORDERS_ACCOUNT: '5' })
    const ada = shop.callAs(randomUUID(), { address: '203.0.113.1' })
    expect(
      await until(
        () => placed(ada, shop),
        () => Promise.resolve(),
      ),
    ).toMatchObject({ code: 'too_many_requests' })
  })

  test('do not limit a crowd of buyers who pay behind one address, nor an exempt network', async () => {
    const shop = await shopWith({ FAILED_ATTEMPTS_NETWORK: '6', FAILED_ATTEMPTS_BUYER: '6' })
    const crowd = shop.callAs(null, { address: '203.0.113.1' })
    for (let round = 0; round < 6; round += 1) {
      const tokens = [...Array<string>(9).fill(paying), declining]
      await Promise.all(tokens.map((token) => placed(crowd, shop, { token, email: `${randomUUID()}@example.com` })))
      await shop.work()
    }
    const local = shop.callAs(null, { address: '::ffff:127.0.0.1' })
    for (let order = 0; order < 8; order += 1) {
      await placed(local, shop, { token: declining })
      await shop.work()
    }
    expect(await rejectionOf(placed(local, shop))).toBeUndefined()
  })
})

describe('stock', () => {
  const deadlineIn = ({ paymentDeadline, placedAt }: { paymentDeadline: string | null; placedAt: string }): number =>
    (Date.parse(paymentDeadline ?? '') - Date.parse(placedAt)) / 1_000

  test('is kept for a large order for a shorter time than for a small one', async () => {
    const shop = await shopWith()
    const guest = shop.callAs(null)
    const deadlines = [9, 10].map(async (quantity) =>
      deadlineIn(await guest.get(await placed(guest, shop, { quantity }))),
    )
    expect(await Promise.all(deadlines)).toEqual([900, 180])
  })

  test('of a declined order is released earlier than at the deadline', async () => {
    const shop = await shopWith({ PAYMENT_RETRY_SECONDS: '2' })
    const guest = shop.callAs(null)
    const access = await placed(guest, shop, { token: declining })
    await shop.work()
    const declined = await guest.get(access)
    expect(declined).toMatchObject({ paymentStatus: 'declined' })
    expect(deadlineIn(declined)).toBeLessThan(900)
    await waitFor(
      async () => {
        await shop.work()
        return (await guest.get(access)).status === 'cancelled'
      },
      { timeoutMs: 15_000, what: 'the order to be cancelled' },
    )
    expect(await shop.sql('select sum(reserved)::int as reserved from product.stock')).toEqual([{ reserved: 0 }])
  })
})

describe("the shop's emails", () => {
  test('are not sent for an order that was never paid', async () => {
    const shop = await shopWith()
    const guest = shop.callAs(null)
    const unpaid = await placed(guest, shop, { token: declining, email: 'stranger@example.com' })
    await shop.work()
    await guest.cancel(unpaid)
    const paid = await placed(guest, shop)
    await shop.work()
    await guest.cancel(paid)
    await shop.work()
    const emails = await shop.emails()
    expect(emails.filter((email) => email.includes('stranger@example.com'))).toEqual([])
    expect(emails.filter((email) => email.includes(paid.id)).length).toBeGreaterThanOrEqual(2)
  })

  test("about guests' orders are limited by recipient, and later ones wait", async () => {
    const shop = await shopWith()
    const guest = shop.callAs(null, { address: '203.0.113.1' })
    for (let order = 0; order < 21; order += 1)
      await placed(guest, shop, { email: order % 2 ? 'a@example.com' : 'A@example.com' })
    await shop.work()
    expect(await shop.emails()).toHaveLength(20)
    const waiting = await shop.sql(
      `select due_at > now() + interval '30 minutes' as later from actor.mailbox where kind = 'email'`,
    )
    expect(waiting).toEqual([{ later: true }])
  })
})
