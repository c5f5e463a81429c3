import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '#config'
import type { Context, Session } from '#rpc'
import { createLog } from '#telemetry'
import { createTestDatabase } from '#test'
import { draftOf, openTestCatalog, save } from './registration/catalog.fixture.ts'
import { createProductModule } from './index.ts'

let catalog: ReturnType<typeof openTestCatalog>
beforeAll(async () => {
  catalog = openTestCatalog(await createTestDatabase())
  await save(catalog.database, [draftOf({ title: 'Lantern', usd: 25_00, stock: 2 })])
})
afterAll(() => catalog[Symbol.asyncDispose]())

const audited: object[] = []

function callAs(role?: Session['role']) {
  const log = createLog('silent')
  const services = { config: loadConfig({ SHOP_CURRENCIES: 'USD,EUR' }), database: catalog.database }
  const { router } = createProductModule(services, async (_, ...entries) => void audited.push(...entries))
  const session: Session | null =
    role === undefined ? null : { id: 's', userId: 'u-1', email: 'a@example.com', role, locale: 'en' }
  const context: Context = {
    requestId: 'r',
    timeoutMs: 5_000,
    isReadOnly: false,
    address: '127.0.0.1',
    log,
    sessionToken: undefined,
    deviceToken: undefined,
    userAgent: undefined,
    session: () => Promise.resolve(session),
    orderToken: () => undefined,
    locale: () => 'en' as const,
    setCookie: () => undefined,
  }
  return router.createCaller(context)
}
const rejection = (code: string, field?: string) =>
  expect.objectContaining({
    cause: expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as Error,
  }) as Error

describe('product procedures', () => {
  test('an unsupported currency is rejected and the field is named', async () => {
    const call = callAs()
    for (const request of [
      call.list({ currency: 'GBP' }),
      call.get({ slug: 'lantern', currency: 'GBP' }),
      call.search({ q: 'lantern', currency: 'GBP' }),
      call.suggest({ q: 'l', currency: 'GBP' }),
    ]) {
      await expect(request).rejects.toEqual(rejection('unsupported_currency', 'currency'))
    }
  })

  test('a product without a price in the requested currency is priced in the base currency', async () => {
    const product = await callAs().get({ slug: 'lantern', currency: 'EUR', locale: 'zh' })
    expect(product).toMatchObject({ title: 'Lantern', variants: [{ price: { amount: 25_00, currency: 'USD' } }] })
  })

  test('every public procedure returns a result that conforms to the contract', async () => {
    const call = callAs()
    const { items, nextCursor } = await call.list({})
    expect(nextCursor).toBeNull()
    expect(items).toEqual([
      {
        id: expect.any(String) as string,
        slug: 'lantern',
        title: 'Lantern',
        brand: null,
        image: null,
        price: { amount: 25_00, currency: 'USD' },
        compareAt: null,
        available: true,
      },
    ])
    expect((await call.search({ q: 'lantern' })).items).toEqual(items)
    expect(await call.suggest({ q: 'lant' })).toEqual({ terms: ['lantern'], products: items })
    expect(await call.related({ id: items[0]?.id ?? '' })).toEqual({ items: [] })
    expect(await call.categories()).toEqual([])
  })

  test('only staff can adjust stock, and each adjustment is audited', async () => {
    const input = { sku: 'LANTERN', delta: 3, reason: 'delivery' }
    await expect(callAs().admin.adjustStock(input)).rejects.toEqual(rejection('unauthenticated'))
    await expect(callAs('customer').admin.adjustStock(input)).rejects.toEqual(rejection('forbidden'))
    expect(await callAs('staff').admin.adjustStock(input)).toEqual({
      sku: 'LANTERN',
      available: 5,
      reserved: 0,
      backordered: 0,
    })
    expect(audited).toEqual([
      { actorId: 'u-1', action: 'stock.adjust', subject: 'sku:LANTERN', detail: { delta: 3 }, requestId: 'r' },
    ])
  })
})
