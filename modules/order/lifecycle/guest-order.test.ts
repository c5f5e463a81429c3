import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { openShop, placing, rejectionOf, type Shop } from '../cart/shop.fixture.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop(await createTestDatabase())
})
afterAll(() => shop[Symbol.asyncDispose]())

async function placed(caller = shop.callAs(null)) {
  const cart = await caller.cart.create({ currency: 'USD', lines: [{ sku: shop.skus[0] ?? '', quantity: 1 }] })
  const answer = await caller.place(placing(cart.id))
  if (answer.outcome !== 'placed') throw new Error(answer.reason)
  return { id: answer.order.id, accessToken: answer.accessToken }
}
const emailsOf = async (id: string) => (await shop.emails()).filter((email) => email.includes(id)).map(decoded)
/** The text of an email, without the line breaks of quoted-printable. */
const decoded = (email: string): string => email.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')

describe("the link in a guest's email", () => {
  test('opens the order in any browser: it carries the access token in its fragment, and no job holds it', async () => {
    const access = await placed()
    await shop.work()
    const [email = ''] = await emailsOf(access.id)
    expect(email).toContain(`https://shop.example/order/${access.id}#${access.accessToken}`)
    const stored = await shop.sql('select payload::text as text from actor.mailbox')
    expect(JSON.stringify(stored)).not.toContain(access.accessToken)
    expect(JSON.stringify(shop.logged())).not.toContain(access.accessToken)
  })

  test('carries no token where the order belongs to an account', async () => {
    const access = await placed(shop.callAs(randomUUID()))
    await shop.work()
    const [email = ''] = await emailsOf(access.id)
    expect(email).toContain(`https://shop.example/order/${access.id}`)
    expect(email).not.toContain(access.accessToken)
  })

  test("sets a cookie for the order in a guest's browser, and none for a wrong token", async () => {
    const access = await placed()
    const cookies: string[] = []
    await shop.callAs(null, { cookies }).get(access)
    expect(cookies).toEqual([`order-${access.id}`])
    expect(
      await rejectionOf(shop.callAs(null, { cookies }).get({ id: access.id, accessToken: 'x'.repeat(43) })),
    ).toMatchObject({
      code: 'not_found',
    })
    expect(cookies).toHaveLength(1)
  })
})

describe("a guest's order", () => {
  test('is attached to an account by its holder, however often, and then in the list of the account', async () => {
    const access = await placed()
    const userId = randomUUID()
    const ada = shop.callAs(userId)
    const answers = await Promise.all([1, 2, 3].map(() => ada.attach(access)))
    expect(new Set(answers.map(({ version }) => version)).size).toBe(1)
    expect((await ada.list()).items.map(({ id }) => id)).toEqual([access.id])
    // The owner needs no token any more.
    expect(await ada.attach({ id: access.id })).toMatchObject({ id: access.id })
    expect(await ada.get({ id: access.id })).toMatchObject({ id: access.id })
  })

  test('is attached in a browser by the cookie that it holds', async () => {
    const { id, accessToken } = await placed()
    const ada = shop.callAs(randomUUID(), { orderToken: accessToken })
    expect(await ada.attach({ id })).toMatchObject({ id })
  })

  test('is refused to strangers, to staff without its token, and to a second account', async () => {
    const access = await placed()
    const byId = { id: access.id }
    expect(await rejectionOf(shop.callAs(null).attach(access))).toMatchObject({ code: 'unauthenticated' })
    expect(await rejectionOf(shop.callAs(randomUUID()).attach(byId))).toMatchObject({ code: 'not_found' })
    expect(await rejectionOf(shop.callAs(randomUUID(), { role: 'staff' }).attach(byId))).toMatchObject({
      code: 'not_found',
    })
    await shop.callAs(randomUUID()).attach(access)
    expect(await rejectionOf(shop.callAs(randomUUID()).attach(access))).toMatchObject({ code: 'forbidden' })
  })
})
