import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '#client'
import { startProxy } from '#test'
import {
  allowOrder,
  openBrowserShop,
  overflowOf,
  picture,
  placeOrder,
  untilOrder,
  type BrowserShop,
} from './shop.fixture.ts'

/** What a buyer sees of an order after it was placed. */

let shop: BrowserShop

beforeAll(async () => {
  shop = await openBrowserShop()
})

afterAll(async () => {
  await shop?.[Symbol.asyncDispose]()
})

/** 95 letters without a space, and a sentence with a word of 60 letters. */
const longTitle = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftskapitänsmützen'
const longWord = 'Eine Rindfleischetikettierungsüberwachungsaufgabenübertragungsge mit Griff'

const isInside = `[...document.querySelectorAll('main li, main dd, main time, main a')].filter((element) => {
  const { left, right } = element.getBoundingClientRect()
  return left < 0 || right > document.documentElement.clientWidth + 1
}).map((element) => element.textContent)`

test(
  'a part-shipped and part-refunded order shows whole titles on phones and desktops',
  { timeout: 90_000 },
  async () => {
    const titles = [longTitle, longWord, '标题很长的商品'.repeat(8)]
    const skus = ['KB-TN75W-IV-L', 'KB-TN75W-IV-T', 'KB-TN75W-CH-L']
    const buyer = createClient({ url: shop.url })
    const access = await placeOrder(
      buyer,
      skus.map((sku) => ({ sku, quantity: 2 })),
    )
    await untilOrder(buyer, access, 'paid')
    // The titles of this order alone: those of the catalog stay as other tests know them.
    for (const [index, sku] of skus.entries())
      await shop.query(`update "order".order_line set title = $3 where order_id = $1 and sku = $2`, [
        access.id,
        sku,
        titles[index],
      ])
    const { admin } = shop.staff.order
    await admin.fulfil.mutate({
      id: access.id,
      idempotencyKey: crypto.randomUUID(),
      lines: skus.map((sku) => ({ sku, quantity: 1 })),
      carrier: 'DHL',
      trackingNumber: 'JJD00034000000000000000000000012345',
      trackingUrl: 'https://carrier.example/JJD0003',
    })
    await admin.refund.mutate({
      id: access.id,
      idempotencyKey: crypto.randomUUID(),
      amount: { amount: 500, currency: 'USD' },
      reason: 'scratched',
    })
    for (const [language, width, scheme] of [
      ['en', 390, 'light'],
      ['zh', 390, 'dark'],
      ['en', 1280, 'dark'],
      ['zh', 1280, 'light'],
    ] as const) {
      const { page, context } = await shop.open({ language, width, scheme })
      await allowOrder(context, shop.url, access)
      await page.goto(`${shop.url}/order/${access.id}`)
      await page.locator('.entry').first().waitFor()
      await picture(page, `order-${language}-${width}-${scheme}`)
      expect(await overflowOf(page), `${language} ${width}`).toBeLessThanOrEqual(0)
      expect(await page.evaluate(isInside), `${language} ${width}`).toEqual([])
      // A title in a narrow column would have one letter a line.
      const widths = await page
        .locator('.order-items li > :nth-child(2)')
        .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().width))
      expect(Math.min(...widths), `${language} ${width}`).toBeGreaterThan(150)
      await context.close()
    }
  },
)

test(
  'seven tabs with open orders leave the shop usable over HTTP/1.1, and all see the change',
  { timeout: 90_000 },
  async () => {
    const buyer = createClient({ url: shop.url })
    const orders = await Promise.all([1, 2].map(() => placeOrder(buyer, [{ sku: 'KB-TN75W-IV-S', quantity: 1 }])))
    await Promise.all(orders.map((order) => untilOrder(buyer, order, 'paid')))
    const { page, context } = await shop.open()
    for (const order of orders) await allowOrder(context, shop.url, order)
    const tabs = [page, ...(await Promise.all(Array.from({ length: 6 }, () => context.newPage())))]
    for (const [index, tab] of tabs.entries()) {
      await tab.goto(`${shop.url}/order/${orders[index % 2]?.id}`)
      await tab.locator('.live:not(.live-off)').waitFor()
    }
    // A page that is loaded anew needs several connections.
    const last = tabs[6] ?? page
    await last.goto(`${shop.url}/search?q=keyboard`)
    await last.locator('.card').first().waitFor()
    const { admin } = shop.staff.order
    // The stream goes to another tab when its own is closed.
    await last.close()
    for (const { id } of orders) await admin.fulfil.mutate({ id, idempotencyKey: crypto.randomUUID() })
    for (const tab of tabs.slice(0, 6)) {
      await tab.bringToFront()
      await tab.getByRole('heading', { name: 'On its way' }).waitFor()
      await tab.locator('.live:not(.live-off)').waitFor()
    }
    await context.close()
  },
)

test('a connection that is dead without a word shows within seconds, and recovers', { timeout: 90_000 }, async () => {
  const buyer = createClient({ url: shop.url })
  const order = await placeOrder(buyer, [{ sku: 'KB-TN75W-IV-S', quantity: 1 }])
  await untilOrder(buyer, order, 'paid')
  await using proxy = await startProxy(shop.url)
  const { page, context } = await shop.open({ url: proxy.urlThrough(shop.url) })
  page.setDefaultTimeout(30_000)
  await allowOrder(context, proxy.urlThrough(shop.url), order)
  await page.goto(`${proxy.urlThrough(shop.url)}order/${order.id}`)
  await page.locator('.live:not(.live-off)').waitFor()
  proxy.blackHole()
  await page.locator('.live-off').waitFor()
  await shop.staff.order.admin.fulfil.mutate({ id: order.id, idempotencyKey: crypto.randomUUID() })
  proxy.restore()
  await page.locator('.live:not(.live-off)').waitFor()
  await page.getByRole('heading', { name: 'On its way' }).waitFor()
  await context.close()
})
