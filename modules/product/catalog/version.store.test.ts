import { expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { categoryOf, draftOf, openTestCatalog, save } from '../registration/catalog.fixture.ts'
import { applyStock } from '../stock/stock.store.ts'
import { bumpVersions, readVersions } from './version.store.ts'

test('versions rise with every saved change, not with an unchanged draft or a reservation', async () => {
  await using catalog = openTestCatalog(await createTestDatabase())
  const { database, query } = catalog
  const versions = async () => Object.fromEntries(await readVersions(query))
  expect(await versions()).toEqual({})
  const [category, draft] = [categoryOf('pots', 'Pots'), draftOf({ title: 'Pan', categories: ['pots'] })]
  await save(database, [draft], [category])
  expect(await versions()).toEqual({ product: 1, list: 1, category: 1 })
  await save(database, [draft], [category])
  expect(await versions()).toEqual({ product: 1, list: 1, category: 1 })
  await save(database, [{ ...draft, title: { en: 'Great pan' } }])
  expect(await versions()).toEqual({ product: 2, list: 2, category: 1 })
  await save(database, [], [{ ...category, name: { en: 'Pans and pots' } }])
  expect(await versions()).toEqual({ product: 2, list: 2, category: 2 })
  await transaction(database, (tx) =>
    applyStock(tx, [{ sku: 'PAN', kind: 'reserve', quantity: 1, reference: 'an order' }]),
  )
  expect(await versions()).toEqual({ product: 2, list: 2, category: 2 })
})

test('a rolled-back bump leaves no trace, and every concurrent bump counts', async () => {
  await using catalog = openTestCatalog(await createTestDatabase())
  const { database, query } = catalog
  const failed = transaction(database, async (tx) => {
    await bumpVersions(tx, ['product'])
    throw new Error('rolled back')
  })
  await expect(failed).rejects.toThrow('rolled back')
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      transaction(database, (tx) => bumpVersions(tx, n % 2 === 0 ? ['product', 'list'] : ['list', 'product'])),
    ),
  )
  expect(Object.fromEntries(await readVersions(query))).toEqual({ product: 40, list: 40 })
})
