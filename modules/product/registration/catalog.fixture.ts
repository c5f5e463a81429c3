import { openDatabase, transaction, type Database } from '#db'
import { createLog } from '#telemetry'
import type { CategoryDraft, ProductDraft } from '../draft.contract.ts'
import { saveCatalog } from './save-catalog.store.ts'
import type { Localisation } from '../catalog/localisation.rules.ts'

/** Catalog in an empty test database. Disposing of the catalog disposes of the database. */
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

export const inDollars: Localisation = { locale: 'en', currencies: ['USD', 'EUR'] }
export const inEuros: Localisation = { locale: 'en', currencies: ['EUR', 'USD'] }
export const inChinese: Localisation = { locale: 'zh', currencies: ['USD', 'EUR'] }

type DraftOptions = Partial<Omit<ProductDraft, 'title' | 'description'>> & {
  title: string
  zh?: string
  description?: string
  usd?: number
  stock?: number
}

/** Valid draft with one variant, whose SKU is the slug in capitals. */
export function draftOf({
  title,
  zh,
  description = 'Well made.',
  usd = 10_00,
  stock = 5,
  ...rest
}: DraftOptions): ProductDraft {
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
