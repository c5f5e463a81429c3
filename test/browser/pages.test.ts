import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '#client'
import { startProxy, waitFor } from '#test'
import {
  allowOrder,
  openBrowserShop,
  overflowOf,
  picture,
  placeOrder,
  untilOrder,
  type BrowserShop,
} from './shop.fixture.ts'

/** What the pages show of products and orders. */

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

test(
  'an order whose deadline passed says that nothing was charged, and is ordered again',
  { timeout: 60_000 },
  async () => {
    const buyer = createClient({ url: shop.url })
    const order = await placeOrder(buyer, [{ sku: 'KB-TN75W-IV-S', quantity: 2 }], {
      payment: { methodId: 'card', token: 'pm_card_visa_chargeDeclined' },
    })
    await waitFor(async () => (await buyer.order.get.query(order)).paymentStatus === 'declined', {
      what: 'the decline',
    })
    await shop.query(
      `update actor.mailbox set due_at = now() where actor_id = $1 and payload->>'type' = 'paymentDeadline'`,
      [order.id],
    )
    await untilOrder(buyer, order, 'cancelled')
    const { page, context } = await shop.open({ language: 'zh', width: 390, path: '/' })
    await allowOrder(context, shop.url, order)
    await page.goto(`${shop.url}/order/${order.id}`)
    await page.getByText('没有扣款。商品已不再保留').waitFor()
    await picture(page, 'deadline-zh-390')
    await page.getByRole('button', { name: '再次下单' }).click()
    await page.waitForURL('**/cart')
    expect(await page.locator('.stepper input').inputValue()).toBe('2')
    await context.close()
  },
)

test('every picture of a product is chosen by pointer and by keyboard', { timeout: 60_000 }, async () => {
  const media = Array.from({ length: 9 }, (_, index) => ({
    url: `/demo/ridge-daypack-22l.svg?${index}`,
    alt: { en: `View ${index + 1}` },
  }))
  await shop.query(`update product.product set media = $2 where slug = $1`, [
    'ridge-daypack-22l',
    JSON.stringify(media),
  ])
  const { page, context } = await shop.open({ width: 390, path: '/p/ridge-daypack-22l' })
  const large = page.locator('.product-media > img')
  await page.locator('.thumbnail').first().waitFor()
  expect(await page.locator('.thumbnail').count()).toBe(9)
  await page.locator('.thumbnail').nth(8).click()
  await page.getByAltText('View 9').waitFor()
  await page.locator('.thumbnail').nth(1).focus()
  await page.keyboard.press('Enter')
  await page.getByAltText('View 2').waitFor()
  expect(await large.getAttribute('src')).toBe('/demo/ridge-daypack-22l.svg?1')
  expect(await page.locator('[aria-current=true]').count()).toBe(1)
  await picture(page, 'gallery-390')
  await context.close()
})

test('Choosing a colour shows its picture', { timeout: 60_000 }, async () => {
  const slug = 'tern-75-wireless-keyboard'
  const media = ['Any', 'Ivory', 'Charcoal'].map((alt) => ({ url: `/demo/${slug}.svg?${alt}`, alt: { en: alt } }))
  await shop.query(`update product.product set media = $2 where slug = $1`, [slug, JSON.stringify(media)])
  await shop.query(
    `update product.variant set image = case when sku = 'KB-TN75W-IV-T' then 1 when sku like '%-CH-%' then 2 end
     where product_id = (select id from product.product where slug = $1)`,
    [slug],
  )
  const { page, context } = await shop.open({ width: 1280, path: `/p/${slug}?variant=KB-TN75W-CH-T` })
  const shows = (alt: string) => page.locator(`.product-media > img[alt="${alt}"]`).waitFor()
  const choose = (colour: string) => page.locator('.pick', { hasText: colour }).click()
  await shows('Charcoal')
  await choose('Ivory')
  await shows('Ivory')
  await page.locator('.thumbnail').first().click()
  await shows('Any')
  // A variant without a picture leaves the chosen one.
  await choose('Silent')
  await page.waitForURL(/variant=KB-TN75W-IV-S/)
  await page.getByRole('radio', { name: 'Silent', checked: true }).waitFor()
  await shows('Any')
  await choose('Charcoal')
  await shows('Charcoal')
  expect(await page.locator('.thumbnail[aria-current=true]').getAttribute('aria-label')).toMatch(/Charcoal/)
  await picture(page, 'variant-picture-1280')
  await context.close()
})

test('long titles widen no page, and headings skip no level', { timeout: 90_000 }, async () => {
  const slugs = ['plover-slim-wireless-keyboard', 'tern-75-wired-keyboard', 'ridge-daypack-22l']
  for (const [index, slug] of slugs.entries())
    await shop.query(`update product.product set title = $2 where slug = $1`, [
      slug,
      JSON.stringify({ en: [longTitle, longWord, 'A'.repeat(95)][index], zh: '标题很长的商品'.repeat(8) }),
    ])
  await shop.query('update product.catalog_version set version = version + 1')
  for (const [language, width] of [
    ['en', 390],
    ['zh', 1280],
  ] as const) {
    const { page, context } = await shop.open({ language, width })
    for (const path of ['/', '/c/keyboards', '/search?q=keyboard', `/p/${slugs[0]}`, `/p/${slugs[2]}`, '/cart']) {
      // A busy shop sheds browse requests: the page is loaded again.
      const shown = page.locator('main :is(.card-title, .buy-price, .empty-title)').first()
      await waitFor(
        async () => {
          await page.goto(`${shop.url}${path}`)
          await shown.waitFor({ timeout: 5_000 })
          return true
        },
        { timeoutMs: 30_000, what: `${path} to be shown` },
      )
      await picture(page, `long-${language}-${width}${path.replaceAll(/\W+/g, '-')}`)
      expect(await overflowOf(page), `${language} ${width} ${path}`).toBeLessThanOrEqual(0)
      const levels = await page
        .locator('main :is(h1, h2, h3, h4)')
        .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])))
      expect(levels[0], path).toBe(1)
      for (const [at, level] of levels.entries()) expect(level - (levels[at - 1] ?? 1), path).toBeLessThanOrEqual(1)
    }
    await context.close()
  }
})

test(
  'a shop in maintenance says so on every page, and offers nothing that would be rejected',
  { timeout: 60_000 },
  async () => {
    const url = await shop.startServer({ READ_ONLY: 'true' })
    for (const [language, width, scheme, sign] of [
      ['en', 390, 'dark', 'The shop is being maintained.'],
      ['zh', 1280, 'light', '商店正在维护。'],
    ] as const) {
      const { page, context } = await shop.open({ url, language, width, scheme, path: '/p/hillside-teapot' })
      await page.getByText(sign).waitFor()
      const add = page.locator('.buy-box .button-large')
      expect(await add.isDisabled()).toBe(true)
      expect(await add.getAttribute('aria-describedby')).toBe('maintenance')
      await picture(page, `maintenance-${language}-${width}`)
      await page.goto(`${url}/login`)
      await page.getByText(sign).waitFor()
      expect(await page.locator('main button[type=submit]').isDisabled()).toBe(true)
      await context.close()
    }
  },
)

test(
  'the link in an e-mail opens the order on another device, and leaves no token in the address',
  { timeout: 60_000 },
  async () => {
    const order = await placeOrder(createClient({ url: shop.url }), [{ sku: 'KB-TN75W-IV-S', quantity: 1 }])
    const { page, context } = await shop.open({ width: 390, path: `/order/${order.id}#${order.accessToken}` })
    await page.getByText('12 Analytical Street').waitFor()
    expect(page.url()).toBe(`${shop.url}/order/${order.id}`)
    await page.reload()
    await page.getByText('12 Analytical Street').waitFor()
    await context.close()

    // A link that was cut on the way says what to do, and leaves its rest out of the address too.
    const { page: other, context: stranger } = await shop.open({
      path: `/order/${order.id}#${order.accessToken.slice(0, 9)}`,
    })
    await other.getByText('open the whole link in our latest e-mail').waitFor()
    expect(other.url()).toBe(`${shop.url}/order/${order.id}`)
    await stranger.close()
  },
)
