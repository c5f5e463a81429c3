import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '#test'
import { addToCart, openBrowserShop, overflowOf, picture, type BrowserShop } from './shop.fixture.ts'

/** A shop of yen, whose long German titles go to Hong Kong: bought on a phone, sent in parts, refunded. */

let shop: BrowserShop

beforeAll(async () => {
  shop = await openBrowserShop({ SHOP_CURRENCIES: 'JPY', SHOP_NAME: 'Käthe Mützen' })
})

afterAll(async () => {
  await shop?.[Symbol.asyncDispose]()
})

const slug = 'tern-75-wireless-keyboard'
const title = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtenmütze'
const skus = ['KB-TN75W-IV-L', 'KB-TN75W-CH-L']

/** Amounts of money that the page shows, as numbers; every one of them is in whole yen. */
async function yenOn(page: Page, selector: string): Promise<number[]> {
  const texts = await page.locator(selector).allInnerTexts()
  const amounts = texts.flatMap((text) => text.match(/-?(?:JP)?¥[\d,.]+/g) ?? [])
  for (const amount of amounts) expect(amount).toMatch(/^-?(JP)?¥\d{1,3}(,\d{3})*$/)
  return amounts.map((amount) => Number(amount.replaceAll(/[^\d-]/g, '')))
}

test.each(['en', 'zh'] as const)(
  'in %s, every page of a purchase shows whole yen, up to a refund of a parcel',
  { timeout: 120_000 },
  async (language) => {
    await shop.query(`update product.product set title = $2 where slug = $1`, [slug, JSON.stringify({ en: title })])
    await shop.query('update product.catalog_version set version = version + 1')
    const { page, context } = await shop.open({ language, width: 390 })
    const fits = async (name: string) => {
      await picture(page, `yen-${name}-${language}`)
      expect(await overflowOf(page), name).toBeLessThanOrEqual(0)
      expect(await page.locator('body').innerText()).not.toMatch(/NaN|undefined|USD|CN¥|\$\d/)
    }
    await page.goto(shop.url)
    await page.locator('.card', { hasText: '¥' }).first().waitFor()
    expect(await page.title()).toContain('Käthe Mützen')
    expect((await yenOn(page, 'main')).length).toBeGreaterThan(3)
    await fits('home')
    for (const sku of skus) await addToCart(page, slug, sku)
    await page.goto(`${shop.url}/cart`)
    await page.locator('.totals').waitFor()
    await fits('cart')

    await page.goto(`${shop.url}/checkout`)
    await page.locator('[autocomplete="shipping country"]').selectOption('HK')
    const fill = (autocomplete: string, value: string) => page.locator(`[autocomplete="${autocomplete}"]`).fill(value)
    await fill('email', 'ada@example.com')
    await fill('shipping name', '陳大文')
    await fill('shipping address-line1', '皇后大道中 15 號 2 樓')
    await fill('shipping address-level2', '中環')
    await page.locator('[autocomplete="shipping address-level1"]').selectOption({ index: 1 })
    await page.locator('input[name=shipping]').first().check()
    await page.locator('.totals').waitFor()
    await fits('checkout')
    await page.getByRole('button', { name: /^(Place order|提交订单)/ }).click()
    await page.waitForURL('**/order/**')
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await page.locator('.order-items li').first().waitFor()
    const { admin } = shop.staff.order
    await eventually(async () => expect((await admin.get.query({ id })).status).toBe('paid'))
    const { lines, totals } = await admin.get.query({ id })
    expect(totals.total.currency).toBe('JPY')
    await admin.fulfil.mutate({
      id,
      idempotencyKey: crypto.randomUUID(),
      lines: [{ sku: skus[0] ?? '', quantity: 1 }],
      carrier: 'DHL',
      trackingNumber: 'JJD00034000000000000000000000012345',
    })
    await admin.refund.mutate({
      id,
      idempotencyKey: crypto.randomUUID(),
      lines: [{ sku: skus[1] ?? '', quantity: 1 }],
      reason: 'out of stock',
    })
    const given = lines.find(({ sku }) => sku === skus[1])?.total.amount ?? 0
    await page.reload()
    await page
      .getByText(/^(Money sent back|已退款)/)
      .first()
      .waitFor()
    await fits('order')
    expect(await yenOn(page, '.order-items, .entry, .totals')).toEqual(
      expect.arrayContaining([totals.total.amount, given]),
    )
    await context.close()
  },
)
