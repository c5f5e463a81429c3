import { expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { inChinese, inDollars, openTestCatalog } from '../registration/catalog.fixture.ts'
import { demoProducts } from './index.ts'
import { listProducts } from '../catalog/catalog.store.ts'
import { searchProducts } from '../search/search.store.ts'
import { seedCatalog } from './seed.ts'

test('seeding twice saves the demo catalog once, and search finds it in Chinese', async () => {
  await using catalog = openTestCatalog(await createTestDatabase())
  await seedCatalog(catalog)
  const before = await listProducts(catalog.query, { limit: 100 }, inDollars)
  await seedCatalog(catalog)
  expect(await listProducts(catalog.query, { limit: 100 }, inDollars)).toEqual(before)
  expect(before.items).toHaveLength(Math.min(100, demoProducts.length))
  const { items } = await searchProducts(catalog.query, { q: '无线耳机', limit: 3 }, inChinese)
  expect(items).toHaveLength(3)
  for (const { title } of items) expect(title).toMatch(/无线.*耳机/)
})
