import { expect, test } from 'vitest'
import { loadConfig } from '#config'
import { createTestDatabase } from '#test'
import { inChinese, inDollars, openTestCatalog } from '../registration/catalog.fixture.ts'
import { demoProducts } from './index.ts'
import { listProducts } from '../catalog/catalog.store.ts'
import { searchProducts } from '../search/search.store.ts'
import { seedCatalog } from './seed.ts'

test('seeding twice saves the demo catalog once, and search finds it in Chinese', async () => {
  await using catalog = openTestCatalog(await createTestDatabase())
  const { database } = catalog
  const config = loadConfig({})
  await seedCatalog({ database, config })
  const before = await listProducts(catalog.query, { limit: 100 }, inDollars)
  await seedCatalog({ database, config })
  expect(await listProducts(catalog.query, { limit: 100 }, inDollars)).toEqual(before)
  expect(before.items).toHaveLength(Math.min(100, demoProducts.length))
  const { items } = await searchProducts(catalog.query, { q: '无线耳机', limit: 3 }, inChinese)
  expect(items).toHaveLength(3)
  for (const { title } of items) expect(title).toMatch(/无线.*耳机/)
})

test('a demo shop in yen and dinar shows prices in both', async () => {
  await using catalog = openTestCatalog(await createTestDatabase())
  await seedCatalog({ database: catalog.database, config: loadConfig({ SHOP_CURRENCIES: 'JPY,KWD' }) })
  for (const currency of ['JPY', 'KWD']) {
    const { items } = await listProducts(catalog.query, { limit: 100 }, { locale: 'en', currencies: [currency] })
    expect(items.length).toBeGreaterThan(60)
    for (const { price } of items) expect(price).toMatchObject({ currency, amount: expect.any(Number) })
  }
})
