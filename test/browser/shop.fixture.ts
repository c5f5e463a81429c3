import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { createClient, type Client, type Inputs } from '#client'
import { chromiumPath, createTestDatabase, runProgram, startProgram, waitFor } from '#test'

/** A whole shop with its pages, on a database of its own, and one Chromium for all tests of a file. */
export interface BrowserShop extends AsyncDisposable {
  url: string
  browser: Browser
  staff: Client
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** A buyer's browser: cookies and storage of its own. */
  open(options?: BrowserOptions): Promise<{ page: Page; context: BrowserContext }>
  /** A new account, logged in on this page. */
  signUp(page: Page): Promise<{ email: string; password: string }>
  /** Another server of this shop, with other settings. @returns its address */
  startServer(env: Record<string, string>): Promise<string>
  /** Changes the stock of a SKU to this quantity. */
  setStock(sku: string, available: number): Promise<void>
}

export interface BrowserOptions {
  language?: 'en' | 'zh'
  width?: number
  scheme?: 'light' | 'dark'
  /** Address of the first page, below the shop's. */
  path?: string
  /** Another address of the shop, such as that of a proxy. */
  url?: string
}

const chromiumArgs =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs.split(' ') })

export async function openBrowserShop(env: Record<string, string> = {}): Promise<BrowserShop> {
  await using taken = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-browser-'))
  taken.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = taken.use(await createTestDatabase())
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  taken.defer(() => pool.end())
  const shopEnv = { PORT: '0', DATA_DIR: dataDir, DATABASE_URL: database.url, ...env }
  {
    await using seeding = runProgram(['seed', '--demo-accounts'], { env: shopEnv })
    if ((await seeding.ended()) !== 0) throw new Error(seeding.output())
  }
  const [program, browser] = await Promise.all([
    startProgram(['start'], { env: shopEnv, timeoutMs: 60_000 }),
    launchChromium(),
  ])
  taken.defer(async () => void (await program.stop()))
  taken.defer(() => browser.close())
  const url = program.url()
  const { token } = await createClient({ url }).user.login.mutate({
    email: 'staff@example.com',
    password: 'demo-staff',
  })
  const staff = createClient({ url, token: () => token })
  let accountCount = 0
  const query: BrowserShop['query'] = async (sql, values) => (await pool.query(sql, values)).rows

  const others = taken.use(new AsyncDisposableStack())

  const kept = taken.move()
  return {
    url,
    browser,
    staff,
    query,
    async open({ language = 'en', width = 1280, scheme = 'light', path = '/', url: address = url } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: width < 600 ? 844 : 900 },
        locale: language === 'zh' ? 'zh-CN' : 'en-US',
        colorScheme: scheme,
      })
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      await page.goto(new URL(path, address).href)
      return { page, context }
    },
    async signUp(page) {
      const account = { email: `buyer-${(accountCount += 1)}@example.com`, password: 'a long password' }
      await page.goto(new URL('/register', page.url()).href)
      await page.locator('[autocomplete=username]').fill(account.email)
      await page.locator('[autocomplete=new-password]').fill(account.password)
      await page.keyboard.press('Enter')
      await page.waitForURL((address) => address.pathname === '/')
      return account
    },
    async startServer(more) {
      const payment = { PAYMENT_URL: 'http://127.0.0.1:9', PAYMENT_SECRET_KEY: 'sk_test_never_called' }
      const server = others.use(await startProgram(['serve'], { env: { ...shopEnv, ...payment, ...more } }))
      return server.url()
    },
    async setStock(sku, available) {
      const [row] = await query<{ available: number }>('select available from product.stock where sku = $1', [sku])
      const delta = available - (row?.available ?? 0)
      if (delta !== 0) await staff.product.admin.adjustStock.mutate({ sku, delta, reason: 'counted' })
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Saves a picture of the page when SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

/** Pixels by which the page is wider than the window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** Puts units of a SKU into the cart from its product page. */
export async function addToCart(page: Page, slug: string, sku: string): Promise<void> {
  await page.goto(new URL(`/p/${slug}?variant=${sku}`, page.url()).href)
  await page.locator('.buy-box .button-large').click()
  await page.locator('.buy-outcome a').waitFor()
}

/** Fills in the checkout form. A guest's email address is filled in where the form asks for it. */
export async function fillCheckout(page: Page): Promise<void> {
  const fill = (autocomplete: string, value: string) => page.locator(`[autocomplete="${autocomplete}"]`).fill(value)
  await page.locator('[autocomplete="shipping country"]').selectOption('GB')
  if ((await page.locator('[autocomplete=email]').count()) > 0) await fill('email', 'ada@example.com')
  await fill('shipping name', 'Ada Byron')
  await fill('shipping address-line1', '12 Analytical Street')
  await fill('shipping postal-code', 'W1G 0AA')
  await fill('shipping address-level2', 'London')
  await page.locator('input[name=shipping]').first().waitFor()
}

/** Places an order through the API and waits until it is paid. */
export async function placeOrder(
  buyer: Client,
  lines: { sku: string; quantity: number }[],
  changes: Partial<Inputs['order']['place']> = {},
): Promise<{ id: string; accessToken: string }> {
  const cart = await buyer.order.cart.create.mutate({ currency: 'USD', lines })
  const answer = await buyer.order.place.mutate({
    cartId: cart.id,
    idempotencyKey: crypto.randomUUID(),
    email: 'ada@example.com',
    shippingAddress: {
      name: 'Ada Byron',
      line1: '12 Analytical Street',
      city: 'London',
      postalCode: 'W1G 0AA',
      country: 'GB',
    },
    shippingOptionId: 'standard',
    payment: { methodId: 'card', token: 'pm_card_visa' },
    ...changes,
  })
  if (answer.outcome !== 'placed') throw new Error(`not placed: ${answer.reason}`)
  return { id: answer.order.id, accessToken: answer.accessToken }
}

/** Waits until an order has this status. */
export const untilOrder = (
  buyer: Client,
  access: { id: string; accessToken: string },
  status: string,
): Promise<boolean> =>
  waitFor(async () => (await buyer.order.get.query(access)).status === status, {
    timeoutMs: 20_000,
    what: `the order to be ${status}`,
  })

/** Lets a guest's browser show an order that was placed through the API. */
export const allowOrder = (
  context: BrowserContext,
  url: string,
  { id, accessToken }: { id: string; accessToken: string },
): Promise<void> => context.addCookies([{ name: `hf_order-${id}`, value: accessToken, url, httpOnly: true }])
