import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatMoney, isPayable, roundToPayable } from '#lib/currency'
import { createTestDatabase } from '#test'
import { openShop, placing, type Shop } from '../cart/shop.fixture.ts'

/** Without decimals, with three, and those whose decimals at Stripe are not those of ISO 4217. */
const currencies = ['USD', 'JPY', 'KWD', 'ISK', 'UGX', 'MGA', 'TWD']

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase(), { SHOP_CURRENCIES: currencies.join(',') })
})
afterAll(() => shop[Symbol.asyncDispose]())

/** The text of an email in quoted-printable, with plain blanks. */
function textOf(email: string): string {
  const bytes = email
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCodePoint(Number.parseInt(String(hex), 16)))
  return withPlainBlanks(Buffer.from(bytes, 'latin1').toString())
}

const withPlainBlanks = (text: string): string => text.replaceAll(/\s/gu, ' ')

test('an order, its emails, its refunds and the provider’s books agree in every currency', async () => {
  const guest = shop.callAs(null)
  const staff = shop.callAs(randomUUID(), { role: 'staff' })
  for (const currency of currencies) {
    const lines = shop.skus.slice(0, 2).map((sku) => ({ sku, quantity: 1 }))
    const { id: cartId } = await guest.cart.create({ currency, lines })
    const answer = await guest.place(placing(cartId))
    if (answer.outcome !== 'placed') throw new Error(`${currency}: ${answer.reason}`)
    await shop.work()
    const access = { id: answer.order.id, accessToken: answer.accessToken }
    const { total } = answer.order.totals
    expect(await guest.get(access)).toMatchObject({ status: 'paid', totals: { total } })
    const refund = (what: object) =>
      staff.admin.refund({ id: access.id, idempotencyKey: randomUUID(), reason: 'scratched', ...what })
    const amount = { amount: roundToPayable(total.amount / 5, currency), currency }
    await refund({ amount })
    await refund({ lines: lines.slice(0, 1) })
    await shop.work()
    const { refunds } = await guest.get(access)
    expect(refunds).toMatchObject([
      { status: 'succeeded', amount },
      { status: 'succeeded', lines: lines.slice(0, 1) },
    ])
    for (const money of [total, ...refunds.map((made) => made.amount)]) expect(isPayable(money)).toBe(true)
    const texts = (await shop.emails())
      .map((email) => textOf(email))
      .filter((text) => text.includes(answer.order.number))
    for (const money of [total, ...refunds.map((made) => made.amount)])
      expect(texts.some((text) => text.includes(withPlainBlanks(formatMoney(money, 'en'))))).toBe(true)
  }
  const { id } = await staff.admin.reconciliation.run({ to: new Date(Date.now() + 60_000).toISOString() })
  await shop.services.actors().handle('reconciliation', [id])
  const report = await staff.admin.reconciliation.get({ id })
  expect(report).toMatchObject({ here: 3 * currencies.length, there: 3 * currencies.length, differences: [] })
})
