import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createClient, type Outputs } from '#client'
import { eventually } from '#test'
import { addToCart, openBrowserShop, overflowOf, picture, type BrowserShop } from './shop.fixture.ts'

/** The address form at checkout: the fields of each country. */

let shop: BrowserShop
let settings: Outputs['shop']['settings']
let goods: { slug: string; sku: string }
const contexts: BrowserContext[] = []

beforeAll(async () => {
  shop = await openBrowserShop()
  const client = createClient({ url: shop.url })
  settings = await client.shop.settings.query()
  const { items } = await client.product.list.query({ currency: 'USD', sort: 'price_asc', limit: 100 })
  const slug = items.find(({ available }) => available)?.slug ?? ''
  const { variants } = await client.product.get.query({ slug, currency: 'USD' })
  goods = { slug, sku: variants[0]?.sku ?? '' }
})

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
})

afterAll(async () => {
  await shop?.[Symbol.asyncDispose]()
})

async function openCheckout(options: Parameters<BrowserShop['open']>[0]): Promise<Page> {
  const { page, context } = await shop.open(options)
  contexts.push(context)
  await addToCart(page, goods.slug, goods.sku)
  await page.goto(`${shop.url}/checkout`)
  await country(page).waitFor()
  return page
}

const field = (page: Page, autocomplete: string) => page.locator(`[autocomplete="shipping ${autocomplete}"]`)
const country = (page: Page) => field(page, 'country')
const labels = (page: Page): Promise<string[]> =>
  page.locator('section[aria-labelledby=address] label').allTextContents()
const place = (page: Page) => page.getByRole('button', { name: /^(Place order|提交订单)/ })

test('the shop settings say what a client needs to know, and nothing secret', () => {
  expect(settings).toMatchObject({
    name: 'Holdfast',
    currencies: [
      { code: 'USD', decimals: 2 },
      { code: 'EUR', decimals: 2 },
      { code: 'CNY', decimals: 2 },
    ],
    languages: ['en', 'zh'],
    payment: { methods: [{ id: 'card', mode: 'test', publishableKey: null }] },
  })
  expect(JSON.stringify(settings)).not.toMatch(/sk_|whsec|postgres/)
})

test('the pages offer every country that the shop delivers to, in the order of the language', async () => {
  const page = await openCheckout({ language: 'en' })
  const offered = country(page).locator('option')
  const codes = await offered.evaluateAll((options) =>
    options.map((option) => (option as unknown as { value: string }).value),
  )
  expect(codes.toSorted()).toEqual(settings.countries.map(({ code }) => code).toSorted())
  const names = await offered.allTextContents()
  expect(names).toEqual(names.toSorted(new Intl.Collator('en').compare))
})

test.each([
  ['en', 1280],
  ['en', 390],
  ['zh', 1280],
  ['zh', 390],
] as const)('in %s, %i pixels wide, the fields are those of the country', async (language, width) => {
  const page = await openCheckout({ language, width })
  for (const code of ['US', 'HK', 'CN', 'JP', 'DE']) {
    await country(page).selectOption(code)
    const rules = settings.countries.find((known) => known.code === code)?.address
    const texts = await labels(page)
    // Country and phone belong to every form.
    expect(texts).toHaveLength((rules?.fields.length ?? 0) + 2)
    for (const { name, label } of rules?.fields ?? [])
      if (['city', 'region', 'postalCode'].includes(name))
        expect(texts.join().toLowerCase()).toContain(label[language].toLowerCase())
    expect(await field(page, 'postal-code').count()).toBe(code === 'HK' ? 0 : 1)
    expect(await field(page, 'address-level1').count()).toBe(code === 'DE' ? 0 : 1)
    expect(await overflowOf(page)).toBeLessThanOrEqual(0)
    await picture(page, `address-${code}-${language}-${width}`)
  }
})

test('an order to the United States needs a state and a ZIP code, and its page prints them as the post does', async () => {
  const page = await openCheckout({ language: 'en', width: 390 })
  await page.locator('[autocomplete=email]').fill('ada@example.com')
  await country(page).selectOption('DE')
  await field(page, 'name').fill('Ada Byron')
  await field(page, 'address-line1').fill('1 Market St')
  await field(page, 'address-level2').fill('San Francisco')
  await field(page, 'postal-code').fill('x')
  await country(page).selectOption('US')
  // What was typed for one country is kept for the next.
  expect(await field(page, 'name').inputValue()).toBe('Ada Byron')
  await place(page).click()
  await eventually(async () => expect(await field(page, 'address-level1').getAttribute('aria-invalid')).toBe('true'))
  await field(page, 'address-level1').selectOption('California')
  await place(page).click()
  await eventually(async () => expect(await field(page, 'postal-code').getAttribute('aria-invalid')).toBe('true'))
  await field(page, 'postal-code').fill('94105')
  await page.locator('input[name=shipping]').first().check()
  await place(page).click()
  await page.waitForURL('**/order/**')
  await page.getByText('San Francisco, CA 94105', { exact: true }).waitFor()
  await picture(page, 'address-order-US')
})
