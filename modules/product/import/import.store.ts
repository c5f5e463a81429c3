import { sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { lockCatalog, saveCatalog, type SavedCatalog } from '../registration/save-catalog.store.ts'
import type { Header } from './csv-header.rules.ts'
import { mergeDraft, type StoredProduct } from './draft-merge.rules.ts'
import { interruptedError } from '../registration/transaction-retry.ts'
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

/** Merges products into the stored ones and saves them in one transaction. Existing categories are not changed. */
export function saveProducts(
  database: Database,
  { products, header, currency }: { products: ValidProduct[]; header: Header; currency: string },
): Promise<SavedCatalog> {
  return transaction(database, async (tx) => {
    // The lock of saveCatalog is taken before the read, so that the stored products cannot change before they are merged.
    await lockCatalog(tx)
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
    return saveCatalog(tx, {
      products: drafts,
      categories: [...categories.values()].filter(({ slug }) => !known.has(slug)),
    })
  })
}

async function readStored(tx: Queryable, slugs: string[]): Promise<Map<string, StoredProduct>> {
  const { rows } = await tx.execute<{ slug: string; product: StoredProduct }>(sql`
    select p.slug, jsonb_build_object('status', p.status, 'brand', p.brand, 'title', p.title, 'description', p.description,
      'media', p.media, 'options', p.options, 'attributes', p.attributes,
      'categories', coalesce((
        select jsonb_agg(c.slug order by pc.position) from product.product_category pc join product.category c on c.id = pc.category_id
        where pc.product_id = p.id), '[]'),
      'variants', coalesce((
        select jsonb_agg(jsonb_build_object('sku', v.sku, 'prices', v.prices, 'compareAt', v.compare_at)) from product.variant v
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
