import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { openShop, placing, type Shop } from '../cart/shop.fixture.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase())
  // Enough of everything for an order above the provider's limit.
  await shop.sql('update product.stock set available = 100000')
})
afterAll(() => shop[Symbol.asyncDispose]())

const guest = () => shop.callAs(null)
const everything = async (quantity: number) =>
  (await guest().cart.create({ currency: 'USD', lines: shop.skus.map((sku) => ({ sku, quantity })) })).id
async function place(cartId: string, token = 'pm_card_visa') {
  const answer = await guest().place({ ...placing(cartId), payment: { methodId: 'card', token } })
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  return { id: answer.order.id, accessToken: answer.accessToken }
}

describe('a total that the provider cannot charge', () => {
  test('has no payment method at checkout, and is refused as method_unavailable', async () => {
    const cartId = await everything(999)
    const { shippingAddress } = placing(cartId)
    const quote = await guest().checkout({ cartId, shippingAddress })
    expect(quote.totals.total.amount).toBeGreaterThan(99_999_999)
    expect(quote.paymentMethods).toEqual([])
    expect(await guest().place(placing(cartId))).toEqual({ outcome: 'refused', reason: 'method_unavailable' })
    const smaller = await everything(1)
    expect((await guest().checkout({ cartId: smaller, shippingAddress })).paymentMethods).toEqual([
      { id: 'card', name: 'Card' },
    ])
  })
})

describe('a payment that the provider rejects for good', () => {
  test('is declined with a reason, logged once, not retried, and can be cancelled', async () => {
    const access = await place(await everything(1))
    // A limit of the provider that the shop does not know.
    await shop.sql('update "order".orders set total_minor = 100000000 where id = $1', [access.id])
    await shop.work()
    const order = await guest().get(access)
    expect(order).toMatchObject({ status: 'placed', paymentStatus: 'declined' })
    expect(order.timeline.at(-1)).toMatchObject({ event: 'payment_declined', detail: 'amount_not_accepted' })
    expect(await shop.sql(`select 1 from actor.mailbox where kind = 'payment' and actor_id = $1`, [access.id])).toEqual(
      [],
    )
    const reports = shop.logged().filter(({ order: id }) => id === access.id)
    expect(reports).toHaveLength(1)
    expect(await guest().cancel(access)).toMatchObject({ status: 'cancelled' })
  })

  test('can be paid in another way once the reason is gone', async () => {
    const access = await place(await everything(1))
    await shop.sql('update "order".orders set total_minor = total_minor + 100000000 where id = $1', [access.id])
    await shop.work()
    await shop.sql('update "order".orders set total_minor = total_minor - 100000000 where id = $1', [access.id])
    const payment = { methodId: 'card', token: 'pm_card_visa' }
    await guest().pay({ ...access, idempotencyKey: randomUUID(), payment })
    await shop.work()
    expect(await guest().get(access)).toMatchObject({ status: 'paid', paymentStatus: 'captured' })
  })
})

test('a decline tells the buyer nothing about the card; staff read the exact code', async () => {
  const details: (string | undefined)[] = []
  for (const token of ['pm_card_visa_chargeDeclined', 'pm_card_visa_chargeDeclinedInsufficientFunds']) {
    const access = await place(await everything(1), token)
    await shop.work()
    const { timeline } = await guest().get(access)
    expect(timeline.map(({ event }) => event)).toEqual(['placed', 'payment_declined'])
    details.push(timeline.at(-1)?.detail)
  }
  expect(details).toEqual(['card_declined', 'card_declined'])
  const codes = await shop.sql(`select note from "order".order_event where event = 'payment_declined'`)
  expect(codes.map(({ note }) => note)).toContain('insufficient_funds')
})
