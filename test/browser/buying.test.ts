import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from '#test'
import { addToCart, fillCheckout, openBrowserShop, picture, type BrowserShop } from './shop.fixture.ts'

/** Cart, checkout and account of a buyer, where something goes wrong on the way. */

let shop: BrowserShop
const contexts: BrowserContext[] = []

beforeAll(async () => {
  shop = await openBrowserShop()
})

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
})

afterAll(async () => {
  await shop?.[Symbol.asyncDispose]()
})

async function open(options?: Parameters<BrowserShop['open']>[0]): Promise<{ page: Page; context: BrowserContext }> {
  const opened = await shop.open(options)
  contexts.push(opened.context)
  return opened
}

const goTo = (page: Page, path: string) => page.goto(`${shop.url}${path}`)
const place = (page: Page) => page.getByRole('button', { name: /^(Place order|提交订单)/ })
/** Waits until the element that has the focus contains this text and is inside the window. */
const untilFocused = (page: Page, wanted: RegExp) =>
  eventually(async () => {
    const focused = await page.evaluate<{ text: string; isSeen: boolean }>(`(() => {
      const element = document.activeElement
      const { top, bottom } = element.getBoundingClientRect()
      return { text: element.textContent + ' ' + (element.name ?? ''), isSeen: top >= 0 && bottom <= innerHeight }
    })()`)
    expect(focused).toEqual({ text: expect.stringMatching(wanted), isSeen: true })
  })
const quantityOf = (page: Page) => page.locator('.stepper input').inputValue()
const keyboard = { slug: 'tern-75-wireless-keyboard', sku: 'KB-TN75W-IV-L' }
const scarce = { slug: 'tern-75-wireless-keyboard', sku: 'KB-TN75W-CH-T' }

test('a rejection at checkout is scrolled into view, focused and announced', { timeout: 90_000 }, async () => {
  for (const [language, width, scheme] of [
    ['en', 390, 'light'],
    ['zh', 1280, 'dark'],
  ] as const) {
    await shop.setStock(scarce.sku, 5)
    const { page } = await open({ language, width, scheme })
    await addToCart(page, scarce.slug, scarce.sku)
    await addToCart(page, scarce.slug, scarce.sku)
    await goTo(page, '/checkout')
    await fillCheckout(page)
    await shop.setStock(scarce.sku, 1)
    await place(page).click()
    await untilFocused(page, /sold out|售罄/)
    expect(await page.evaluate('document.activeElement.role ?? document.activeElement.getAttribute("role")')).toBe(
      'alert',
    )
    await picture(page, `rejected-${language}-${width}-${scheme}`)
    // A second rejection for the same reason is brought into view too.
    await place(page).focus()
    await place(page).click()
    await untilFocused(page, /sold out|售罄/)
  }
})

test(
  'a field that is missing or rejected takes the focus, is marked and has its message linked',
  { timeout: 60_000 },
  async () => {
    const { page } = await open({ width: 390 })
    await addToCart(page, keyboard.slug, keyboard.sku)
    await goTo(page, '/checkout')
    await fillCheckout(page)
    const city = page.locator('[autocomplete="shipping address-level2"]')
    await city.fill('')
    await place(page).click()
    await untilFocused(page, /city/)
    expect(await city.getAttribute('aria-invalid')).toBe('true')
    const message = page.locator(`[id="${(await city.getAttribute('aria-describedby'))?.split(' ').at(-1)}"]`)
    expect(await message.textContent()).toBe('Please fill this in.')
    // An address that only the shop rejects.
    await city.fill('London')
    await page.locator('[autocomplete=email]').fill('ada@-.example')
    await page.locator('input[name=shipping]').first().waitFor()
    await place(page).click()
    await untilFocused(page, /email/)
  },
)

test('a session that ends at checkout loses neither the cart nor the fields', { timeout: 90_000 }, async () => {
  const { page, context } = await open({ width: 390, scheme: 'dark' })
  const account = await shop.signUp(page)
  await addToCart(page, keyboard.slug, keyboard.sku)
  await goTo(page, '/checkout')
  await fillCheckout(page)
  await context.clearCookies()
  await place(page).click()
  await untilFocused(page, /You have been logged out/)
  await picture(page, 'session-ended-390')
  await page.reload()
  await page.getByText('You have been logged out').first().waitFor()
  expect(await page.locator('[autocomplete="shipping name"]').inputValue()).toBe('Ada Byron')
  expect(await page.locator('.summary-lines li').count()).toBe(1)

  // As a guest, with a copy of the cart.
  await page.getByRole('button', { name: 'Go on as a guest' }).click()
  await page.locator('input[name=shipping]').first().waitFor()
  expect(await page.locator('[autocomplete="shipping name"]').inputValue()).toBe('Ada Byron')

  // Logged in, with the cart as it was: its lines are not counted twice.
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click()
  await page.locator('[autocomplete=username]').fill(account.email)
  await page.locator('[autocomplete=current-password]').fill(account.password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/checkout')
  await page.locator('input[name=shipping]').first().waitFor()
  expect(await page.locator('.summary-lines li').allTextContents()).toEqual([expect.stringContaining('1 ×')])
  await place(page).click()
  await page.waitForURL('**/order/**')
})

test(
  'a reload at checkout keeps the delivery chosen, and says when it is no longer offered',
  { timeout: 60_000 },
  async () => {
    const { page } = await open()
    await addToCart(page, keyboard.slug, keyboard.sku)
    await goTo(page, '/checkout')
    await fillCheckout(page)
    const standard = await place(page).textContent()
    await page.locator('input[value=express]').check()
    await eventually(async () => expect(await place(page).textContent()).not.toBe(standard))
    const total = await place(page).textContent()
    await page.reload()
    await eventually(async () => expect(await place(page).textContent()).toBe(total))
    expect(await page.locator('input[value=express]').isChecked()).toBe(true)
    await page.evaluate(`sessionStorage.setItem('holdfast.shipping', 'by-balloon')`)
    await page.reload()
    await page.getByText('is no longer offered').waitFor()
    await page.locator('input[value=standard]:checked').waitFor()
  },
)

test('an account finds its cart after a logout and on another device', { timeout: 60_000 }, async () => {
  const { page } = await open()
  const account = await shop.signUp(page)
  await addToCart(page, keyboard.slug, keyboard.sku)
  const logIn = async (at: Page) => {
    await goTo(at, '/login?next=/cart')
    await at.locator('[autocomplete=username]').fill(account.email)
    await at.locator('[autocomplete=current-password]').fill(account.password)
    await at.keyboard.press('Enter')
    await at.waitForURL('**/cart')
  }
  await logOut(page)
  await goTo(page, '/cart')
  await page.getByText('Your cart is empty').waitFor()
  await logIn(page)
  await page.locator('.line').waitFor()

  const { page: phone } = await open({ width: 390 })
  await logIn(phone)
  await phone.locator('.line').waitFor()
  await phone.getByRole('button', { name: 'One more' }).click()
  await phone.getByText('Cart updated.').waitFor({ state: 'attached' })
  await page.reload()
  await eventually(async () => expect(await quantityOf(page)).toBe('2'))
})

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.waitForURL(`${shop.url}/`)
}

test(
  'after a logout nothing personal is left: in storage, by Back and Forward, in other tabs',
  { timeout: 90_000 },
  async () => {
    const { page, context } = await open()
    // A guest's order in the same browser is forgotten too.
    await addToCart(page, keyboard.slug, keyboard.sku)
    await goTo(page, '/checkout')
    await fillCheckout(page)
    await place(page).click()
    await page.waitForURL('**/order/**')
    const guestOrder = page.url()
    await shop.signUp(page)
    await addToCart(page, keyboard.slug, keyboard.sku)
    await goTo(page, '/checkout')
    await fillCheckout(page)
    await place(page).click()
    await page.waitForURL('**/order/**')
    await page.getByText('12 Analytical Street').waitFor()
    const other = await context.newPage()
    await other.goto(page.url())
    await other.getByText('12 Analytical Street').waitFor()
    // Chromium acts slowly on tabs behind another.
    await page.bringToFront()
    await addToCart(page, keyboard.slug, keyboard.sku)
    await page.getByRole('link', { name: 'View cart' }).click()
    await page.getByRole('link', { name: 'Check out' }).click()
    await fillCheckout(page)

    await logOut(page)
    const personal = /Ada|Analytical|W1G|example\.com/
    const leftovers = () =>
      page.evaluate<string>(`JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.body.innerText,
      [...document.querySelectorAll('input')].map((input) => input.value)])`)
    expect(await leftovers()).not.toMatch(personal)
    await page.goBack()
    await page.waitForURL('**/checkout')
    await page.getByText('Your cart is empty').waitFor()
    expect(await leftovers()).not.toMatch(personal)
    await page.goForward()
    await page.waitForURL(`${shop.url}/`)
    await other.getByText('We cannot show this order').first().waitFor({ state: 'attached' })
    expect(await other.locator('body').innerText()).not.toMatch(personal)
    await page.goto(guestOrder)
    await page.getByText('We cannot show this order').first().waitFor({ state: 'attached' })
  },
)

test(
  'adding beyond the stock says what is available, and no larger quantity is kept',
  { timeout: 60_000 },
  async () => {
    await shop.setStock(scarce.sku, 2)
    const { page } = await open({ width: 390 })
    await addToCart(page, scarce.slug, scarce.sku)
    const add = page.getByRole('button', { name: 'Add to cart' })
    await add.click()
    await page.getByText('In your cart.').waitFor()
    await eventually(async () => expect(await page.locator('.header .count').textContent()).toBe('2'))
    await add.click()
    await page.getByText('Nothing was added: you have 2 in your cart, and 2 are available.').waitFor()
    await picture(page, 'no-more-390')
    await goTo(page, '/cart')
    await page.locator('.stepper input').fill('999')
    await page.getByText('Only 2 available: the quantity is now 2.').waitFor()
    expect(await quantityOf(page)).toBe('2')
  },
)

test(
  'a quantity changed in one tab is shown in the others, and changed on from there',
  { timeout: 60_000 },
  async () => {
    await shop.setStock(scarce.sku, 9)
    const { page, context } = await open()
    await addToCart(page, scarce.slug, scarce.sku)
    await goTo(page, '/cart')
    const other = await context.newPage()
    await other.goto(`${shop.url}/cart`)
    await other.locator('.stepper input').fill('4')
    await eventually(async () => expect(await quantityOf(page)).toBe('4'))
    await page.bringToFront()
    await page.getByRole('button', { name: 'One more' }).click()
    await eventually(async () => expect(await quantityOf(other)).toBe('5'))
    await other.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Your cart is empty').waitFor()
  },
)

test('the language button wins over the address, which is updated', { timeout: 60_000 }, async () => {
  const { page } = await open({ path: '/cart?lang=zh' })
  await page.getByRole('button', { name: 'English' }).click()
  await page.waitForURL('**/cart?lang=en')
  await page.reload()
  await page.getByText('Your cart is empty').waitFor()
  await page.evaluate(`history.replaceState(null, '', '/cart?lang=zh')`)
  await page.reload()
  await page.getByText('Your cart is empty').waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  // An address that is followed is still a choice.
  await goTo(page, '/cart?lang=zh')
  await page.getByText('购物车是空的').waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN')
})

test(
  'a cart that cannot change its currency says why, and prices stay in the old one',
  { timeout: 60_000 },
  async () => {
    const { page } = await open({ width: 390 })
    await addToCart(page, keyboard.slug, keyboard.sku)
    await goTo(page, '/cart')
    const currency = page.getByLabel('Currency')
    const notice = page.getByRole('alert')

    await page.route('**/trpc/order.cart.create*', (route) => route.abort())
    await currency.selectOption('EUR')
    await untilFocused(page, /could not be changed to EUR: prices stay in USD/)
    expect(await currency.inputValue()).toBe('USD')
    await picture(page, 'currency-kept')
    await page.unroute('**/trpc/order.cart.create*')
    await notice.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.totals', { hasText: '€' }).waitFor()
    expect(await currency.inputValue()).toBe('EUR')
    expect(await notice.count()).toBe(0)

    await shop.query("update product.variant set prices = prices - 'CNY' where sku = $1", [keyboard.sku])
    await currency.selectOption('CNY')
    await untilFocused(page, /Tern 75.* is not sold in CNY/)
    expect(await currency.inputValue()).toBe('EUR')
    await notice.getByRole('button', { name: 'Close' }).click()
    expect(await notice.count()).toBe(0)
  },
)
