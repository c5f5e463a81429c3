import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databaseFolder, startProgram, type Program } from '#test'
import { launchChromium } from './shop.fixture.ts'

/**
 * A buyer in a browser, in both languages, on a desktop and on a phone. SCREENSHOTS=folder saves pictures of the pages.
 */

const words = {
  en: {
    add: 'Add to cart',
    cart: 'View cart',
    checkout: 'Check out',
    place: /^Place order/,
    paid: 'Paid. We are packing',
    declined: 'Your card was declined',
    again: 'Pay again',
    bank: 'Confirm with your bank',
    find: 'wireless keyboard',
  },
  zh: {
    add: '加入购物车',
    cart: '查看购物车',
    checkout: '去结算',
    place: /^提交订单/,
    paid: '已付款，正在打包',
    declined: '银行卡被拒',
    again: '再次付款',
    bank: '去银行确认',
    find: '无线耳机',
  },
}
type Language = keyof typeof words

let dataDir: string
let shop: Program
let browser: Browser
let complaints: string[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-browser-'))
  ;[shop, browser] = await Promise.all([
    startProgram(['start'], { env: { PORT: '0', DATA_DIR: dataDir }, timeoutMs: 60_000 }),
    launchChromium(),
  ])
})

beforeEach(() => {
  complaints = []
})

afterAll(async () => {
  await browser?.close()
  await shop?.stop()
  await rm(databaseFolder(dataDir), { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
})

async function openPage(language: Language, width: number): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    locale: language === 'zh' ? 'zh-CN' : 'en-US',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`)
  })
  await page.goto(`${shop.url()}/?lang=${language}`)
  return { page, context }
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

/** Buys with this card, from the search field to a placed order. */
async function buy(page: Page, language: Language, card: string): Promise<void> {
  const say = words[language]
  await page.locator('input[role=combobox]').fill(say.find)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/search?**')
  await page.locator('main a[href^="/p/"]').first().click()
  await page.getByRole('button', { name: say.add }).click()
  await page.getByRole('link', { name: say.cart }).first().click()
  await page.getByRole('link', { name: say.checkout }).click()
  const fill = (autocomplete: string, value: string) => page.locator(`[autocomplete="${autocomplete}"]`).fill(value)
  await page.locator('[autocomplete="shipping country"]').selectOption(language === 'zh' ? 'CN' : 'GB')
  await fill('email', 'ada@example.com')
  await fill('shipping name', language === 'zh' ? '李雷' : 'Ada Byron')
  await fill('shipping address-line1', '12 Analytical Street')
  await fill('shipping postal-code', language === 'zh' ? '200000' : 'W1G 0AA')
  if (language === 'zh')
    await page.locator('[autocomplete="shipping address-level1"]').selectOption({ label: '上海市' })
  await fill('shipping address-level2', language === 'zh' ? '上海' : 'London')
  await page.locator('input[name=shipping]').first().check()
  await page.locator(`input[value=${card}]`).check()
  await page.getByRole('button', { name: say.place }).click()
  await page.waitForURL('**/order/**')
}

const heading = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor()

describe.each([
  ['en', 1280],
  ['zh', 390],
  ['en', 390],
  ['zh', 1280],
] as const)('in %s, %i pixels wide', (language, width) => {
  test('a guest searches, buys, and sees the order become paid', { timeout: 120_000 }, async () => {
    const { page, context } = await openPage(language, width)
    await page.waitForLoadState('networkidle')
    await picture(page, `start-${language}-${width}`)
    expect(await page.locator('html').getAttribute('lang')).toMatch(language)
    await buy(page, language, 'pm_card_visa')
    await heading(page, words[language].paid)
    await picture(page, `paid-${language}-${width}`)
    // No page scrolls sideways.
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBeLessThanOrEqual(0)
    await page.reload()
    await heading(page, words[language].paid)
    await context.close()
    expect(complaints).toEqual([])
  })
})

test('a declined card is reported on the page, and another one pays', { timeout: 120_000 }, async () => {
  const { page, context } = await openPage('en', 390)
  await buy(page, 'en', 'pm_card_visa_chargeDeclined')
  await heading(page, words.en.declined)
  await picture(page, 'declined-en-390')
  await page.locator('input[value=pm_card_visa]').check()
  await page.getByRole('button', { name: words.en.again }).click()
  await heading(page, words.en.paid)
  await context.close()
  expect(complaints).toEqual([])
})

test(
  "a card that needs confirmation is confirmed on the bank's page and pays the order",
  { timeout: 120_000 },
  async () => {
    const { page, context } = await openPage('zh', 1280)
    await buy(page, 'zh', 'pm_card_authenticationRequired')
    const [bank] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: words.zh.bank }).click(),
    ])
    await bank.getByRole('button').first().click()
    await heading(page, words.zh.paid)
    await context.close()
    expect(complaints).toEqual([])
  },
)

test('the shop works with the keyboard alone, from search to cart', { timeout: 120_000 }, async () => {
  const { page, context } = await openPage('en', 1280)
  await page.waitForLoadState('networkidle')
  const focused = () => page.evaluate<string>('document.activeElement.textContent')
  await page.keyboard.press('Tab')
  expect(await focused()).toContain('Skip to content')
  await page.locator('input[role=combobox]').focus()
  await page.keyboard.type('keybo')
  await page.locator('[role=option]').first().waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/(search|p)/)
  await page.locator('main a[href^="/p/"], main button').first().waitFor()
  await context.close()
  expect(complaints).toEqual([])
})
