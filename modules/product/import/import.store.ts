import { sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { lockCatalog, saveCatalog, type SavedCatalog } from '../registration/save-catalog.store.ts'
import type { Header } from './csv-header.rules.ts'
import { mergeDraft, type StoredProduct } from './draft-merge.rules.ts'
import { interruptedError } from '../registration/transaction-retry.ts'
import { bumpVersions } from '../catalog/version.store.ts'
import { countStockDifferences, setStock, type StockCount } from '../stock/stock-count.store.ts'
import type { ParsedProduct } from './product-builder.ts'

/** Product without rejections. */
export type ValidProduct = ParsedProduct & { draft: NonNullable<ParsedProduct['draft']> }

/** Slug of the product that has each of these SKUs; SKUs of no product are absent. */
export async function readSkuOwners(query: Queryable, skus: string[]): Promise<Map<string, string>> {
  const { rows } = await query.execute<{ sku: string; slug: string }>(sql`
    select v.sku, p.slug from product.variant v join product.product p on p.id = v.product_id
    where v.sku = any(${sql.param(skus)}::text[])`)
  return new Map(rows.map(({ sku, slug }) => [sku, slug]))
}

interface SaveOptions {
  products: ValidProduct[]
  header: Header
  currency: string
  /** What happens to a quantity that differs from the stock of a known SKU. */
  stock: 'keep' | 'set'
  isDryRun: boolean
}

/** Number of products by outcome, and of quantities that differ from the shop's stock. */
export type SavedProducts = SavedCatalog & { quantitiesDiffering: number }

/** Merges products into the stored ones and saves them in one transaction. Existing categories are not changed. */
export function saveProducts(
  database: Database,
  { products, header, currency, stock, isDryRun }: SaveOptions,
): Promise<SavedProducts> {
  return transaction(database, async (tx) => {
    // The lock of saveCatalog is taken before the read, so that the stored products cannot change before they are merged.
    if (!isDryRun) await lockCatalog(tx)
    const stored = await readStored(
      tx,
      products.map(({ draft }) => draft.slug),
    )
    const drafts = products.map((product) =>
      mergeDraft({ product, stored: stored.get(product.draft.slug), header, currency }),
    )
    const categories = new Map(
      products.flatMap((product) => product.categories.map((category) => [category.slug, category])),
    )
    const known = await readCategorySlugs(tx, [...categories.keys()])
    const saved = await saveCatalog(tx, {
      products: drafts,
      categories: [...categories.values()].filter(({ slug }) => !known.has(slug)),
      isDryRun,
    })
    const rejected = new Set(saved.rejections.map(({ slug }) => slug))
    const counts = products.flatMap((product, index) =>
      rejected.has(product.draft.slug) ? [] : countsOf(product, drafts[index]?.variants ?? []),
    )
    if (stock === 'keep' || isDryRun) return { ...saved, quantitiesDiffering: await countStockDifferences(tx, counts) }
    const changed = await setStock(tx, counts, { reference: 'import', reason: 'Set to the quantity in the file' })
    if (changed > 0) await bumpVersions(tx, ['list', 'product'])
    return { ...saved, quantitiesDiffering: changed }
  })
}

/** Quantities of the file; variants that it has no quantity for are left out. */
const countsOf = ({ variants: facts }: ValidProduct, variants: ValidProduct['draft']['variants']): StockCount[] =>
  variants.flatMap(({ sku }, index) => {
    const quantity = facts[index]?.quantity ?? null
    return quantity === null ? [] : [{ sku, quantity }]
  })

async function readStored(tx: Queryable, slugs: string[]): Promise<Map<string, StoredProduct>> {
  const { rows } = await tx.execute<{ slug: string; product: StoredProduct }>(sql`
    select p.slug, jsonb_build_object('status', p.status, 'brand', p.brand, 'title', p.title, 'description', p.description,
      'media', p.media, 'options', p.options, 'attributes', p.attributes,
      'categories', coalesce((
        select jsonb_agg(c.slug order by pc.position) from product.product_category pc join product.category c on c.id = pc.category_id
        where pc.product_id = p.id), '[]'),
      'variants', coalesce((
        select jsonb_agg(jsonb_build_object('sku', v.sku, 'values', v.values, 'prices', v.prices, 'compareAt', v.compare_at,
          'inventoryPolicy', s.policy, 'image', v.image) order by v.position) from product.variant v join product.stock s on s.sku = v.sku
        where v.product_id = p.id), '[]')) as product
    from product.product p where p.slug = any(${sql.param(slugs)}::text[])`)
  return new Map(rows.map(({ slug, product }) => [slug, product]))
}

async function readCategorySlugs(tx: Queryable, slugs: string[]): Promise<Set<string>> {
  const { rows } = await tx.execute<{ slug: string }>(
    sql`select slug from product.category where slug = any(${sql.param(slugs)}::text[])`,
  )
  return new Set(rows.map(({ slug }) => slug))
}

/**
 * Advisory lock that allows one import per database, held by a connection of its own while `work` runs. The signal
 * aborts when that connection, and with it the lock, is lost.
 * @throws AppError `in_flight` immediately when another import is running; `bad_input` for a pool of one connection.
 */
export async function withImportLock<T>(database: Database, work: (lockLost: AbortSignal) => Promise<T>): Promise<T> {
  if ((database.pool.options.max ?? 10) < 2)
    throw new AppError('bad_input', { message: 'An import needs two connections: set DATABASE_POOL to 2 or more.' })
  const client = await database.pool.connect()
  const lockLoss = new AbortController()
  let connectionError: Error | undefined
  const abortWork = (error: Error) => {
    connectionError = error
    lockLoss.abort(interruptedError(error))
  }
  client.on('error', abortWork)
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      "select pg_try_advisory_lock(hashtext('product.import')) as locked",
    )
    if (rows[0]?.locked !== true)
      throw new AppError('in_flight', {
        message: 'Another import is running on this shop. Wait until it has finished and try again.',
      })
    try {
      return await work(lockLoss.signal)
    } finally {
      if (connectionError === undefined)
        await client.query("select pg_advisory_unlock(hashtext('product.import'))").catch(abortWork)
    }
  } finally {
    client.off('error', abortWork)
    client.release(connectionError ?? false)
  }
}
