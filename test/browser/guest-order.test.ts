import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '#client'
import { openBrowserShop, placeOrder, untilOrder, type BrowserShop } from './shop.fixture.ts'

/** A guest's order on other devices, and in the account that the guest creates later. */

let shop: BrowserShop

beforeAll(async () => {
  shop = await openBrowserShop()
})

afterAll(async () => {
  await shop?.[Symbol.asyncDispose]()
})

const lines = [{ sku: 'KB-TN75W-IV-L', quantity: 1 }]

test(
  "the link of a guest's email opens the order in any browser, and the account takes the order",
  { timeout: 90_000 },
  async () => {
    const guest = createClient({ url: shop.url })
    const access = await placeOrder(guest, lines)
    await untilOrder(guest, access, 'paid')
    const { number } = await guest.order.get.query(access)

    const { page, context } = await shop.open({ path: `/order/${access.id}#${access.accessToken}` })
    await page.getByText(number).first().waitFor()
    expect(page.url()).toBe(`${shop.url}/order/${access.id}`)
    const cookie = (await context.cookies()).find(({ name }) => name === `hf_order-${access.id}`)
    expect(cookie).toMatchObject({ httpOnly: true })
    // The cookie opens it from now on.
    await page.reload()
    await page.getByText(number).first().waitFor()

    await shop.signUp(page)
    await page.goto(`${shop.url}/orders`)
    await page.locator('.notice button').click()
    await page.locator('.order-row').waitFor()
    expect(await page.locator('.order-row').textContent()).toContain(number)
    expect(await page.locator('.notice').count()).toBe(0)
    await context.close()
  },
)

test(
  'things that a cart cannot take after a login are named, and their cart is one click away',
  { timeout: 90_000 },
  async () => {
    const { page, context } = await shop.open()
    const { email, password } = await shop.signUp(page)
    const { token } = await createClient({ url: shop.url }).user.login.mutate({ email, password })
    const account = createClient({ url: shop.url, token: () => token })
    await account.order.cart.create.mutate({ currency: 'EUR', lines: [{ sku: 'KB-TN75W-IV-L', quantity: 3 }] })
    await context.clearCookies()
    const { id } = await createClient({ url: shop.url }).order.cart.create.mutate({ currency: 'USD', lines })
    await page.evaluate(`localStorage.clear(); localStorage.setItem('holdfast.cart', '${id}')`)

    await page.goto(`${shop.url}/login?next=/cart`)
    await page.locator('[autocomplete=username]').fill(email)
    await page.locator('[autocomplete=current-password]').fill(password)
    await page.keyboard.press('Enter')
    await page.waitForURL(({ pathname }) => pathname === '/cart')
    expect(await page.locator('.line').textContent()).toContain('$')
    await page.locator('.notice button').click()
    await page.locator('.line', { hasText: '€' }).waitFor()
    await context.close()
  },
)
