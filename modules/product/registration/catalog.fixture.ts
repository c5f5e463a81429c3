import { openDatabase, transaction, type Database } from '#db'
import { createLog } from '#telemetry'
import type { CategoryDraft, ProductDraft } from '../draft.contract.ts'
import { saveCatalog } from './save-catalog.store.ts'
import type { View } from '../catalog/view.ts'

/** A catalog in an empty database; disposing of it disposes of the database as well. */
export function openTestCatalog(created: AsyncDisposable & { url: string }) {
  const database = openDatabase({ url: created.url, poolSize: 8, log: createLog('silent') })
  return {
    database,
    query: database.query,
    async [Symbol.asyncDispose]() {
      await database.close()
      await created[Symbol.asyncDispose]()
    },
  }
}

export const save = (database: Database, products: ProductDraft[], categories: CategoryDraft[] = []) =>
  transaction(database, (tx) => saveCatalog(tx, { categories, products }))

export const inDollars: View = { locale: 'en', currencies: ['USD', 'EUR'] }
export const inEuros: View = { locale: 'en', currencies: ['EUR', 'USD'] }
export const inChinese: View = { locale: 'zh', currencies: ['USD', 'EUR'] }

type Short = Partial<Omit<ProductDraft, 'title' | 'description'>> & {
  title: string
  zh?: string
  description?: string
  usd?: number
  stock?: number
}

/** A draft of one variant, its SKU the slug in capitals; what a test does not name is ordinary. */
export function draftOf({
  title,
  zh,
  description = 'Well made.',
  usd = 10_00,
  stock = 5,
  ...rest
}: Short): ProductDraft {
  const slug = rest.slug ?? title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return {
    slug,
    status: 'active',
    brand: null,
    title: { en: title, ...(zh === undefined ? {} : { zh }) },
    description: { en: description },
    categories: [],
    media: [],
    options: [],
    variants: [{ sku: slug.toUpperCase(), values: [], prices: { USD: usd }, stock }],
    attributes: [],
    ...rest,
  }
}

export const categoryOf = (slug: string, en: string, parent: string | null = null, zh?: string): CategoryDraft => ({
  slug,
  name: { en, ...(zh === undefined ? {} : { zh }) },
  parent,
  position: 0,
})
