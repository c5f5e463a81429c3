import { sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import { AppError } from '#errors'
import { lockCatalog, saveCatalog, type SavedCatalog } from '../registration/save-catalog.store.ts'
import type { Header } from './columns.ts'
import { mergeDraft, type StoredProduct } from './merge-draft.ts'
import { interrupted } from '../registration/retry.ts'
import type { GatheredProduct } from './product-rows.ts'

export type WholeProduct = GatheredProduct & { draft: NonNullable<GatheredProduct['draft']> }

/** Slugs of the products that have these SKUs now. */
export async function readOwners(query: Queryable, skus: string[]): Promise<Map<string, string>> {
  const { rows } = await query.execute<{ sku: string; slug: string }>(sql`
    select v.sku, p.slug from product.variant v join product.product p on p.id = v.product_id
    where v.sku = any(${sql.param(skus)}::text[])`)
  return new Map(rows.map(({ sku, slug }) => [sku, slug]))
}

/** Saves products over what the catalog has of them, in one transaction. Categories that exist are left as they are. */
export function saveProducts(
  database: Database,
  { products, header, currency }: { products: WholeProduct[]; header: Header; currency: string },
): Promise<SavedCatalog> {
  return transaction(database, async (tx) => {
    // saveCatalog's own lock, taken before reading what is to be kept: nobody changes it in between.
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
 * Runs `work` while no other import runs on this database. It holds one connection besides those of `work`; the signal
 * tells when that connection is lost, and the lock with it.
 * @throws AppError `in_flight` at once when another import is running.
 */
export async function alone<T>(database: Database, work: (lost: AbortSignal) => Promise<T>): Promise<T> {
  if ((database.pool.options.max ?? 10) < 2)
    throw new AppError('bad_input', { message: 'An import needs two connections: set DATABASE_POOL to 2 or more.' })
  const client = await database.pool.connect()
  const loss = new AbortController()
  let broken: Error | undefined
  const noteLoss = (error: Error) => {
    broken = error
    loss.abort(interrupted(error))
  }
  client.on('error', noteLoss)
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      "select pg_try_advisory_lock(hashtext('product.import')) as locked",
    )
    if (rows[0]?.locked !== true)
      throw new AppError('in_flight', {
        message: 'Another import is running on this shop. Wait until it has ended and try again.',
      })
    try {
      return await work(loss.signal)
    } finally {
      if (broken === undefined)
        await client.query("select pg_advisory_unlock(hashtext('product.import'))").catch(noteLoss)
    }
  } finally {
    client.off('error', noteLoss)
    client.release(broken ?? false)
  }
}
