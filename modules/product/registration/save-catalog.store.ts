import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { canonicalJson } from '#lib/canonical-json'
import type { Queryable } from '#db'
import { saveCategories, type CategoryRejection, type SavedCategories } from './category.store.ts'
import type { CategoryDraft, ProductDraft } from '../draft.contract.ts'
import type { PriceFrom } from '../schema.ts'
import { indexProducts, indexVersion } from '../search/search-index.store.ts'
import { bumpVersions } from '../catalog/version.store.ts'

/** Reason why a product was rejected, with the offending SKU or category; `owner` is the product that has the SKU. */
export type ProductRejection =
  | { slug: string; reason: 'slug_repeated' }
  | { slug: string; reason: 'sku_taken'; sku: string; owner: string }
  | { slug: string; reason: 'sku_repeated'; sku: string }
  | { slug: string; reason: 'options_mismatch'; sku: string }
  | { slug: string; reason: 'category_unknown'; category: string }

/** Number of products by outcome, and the rejected products and categories. */
export interface SavedCatalog {
  created: number
  updated: number
  unchanged: number
  rejections: (ProductRejection | CategoryRejection)[]
}

const chunkProductsMax = 100
const chunkVariantsMax = 1_000

/** Splits drafts into chunks small enough for one transaction each, well within its timeout. */
export function* catalogChunks(products: Iterable<ProductDraft>): Generator<ProductDraft[]> {
  let chunk: ProductDraft[] = []
  let variants = 0
  for (const product of products) {
    if (
      chunk.length === chunkProductsMax ||
      (chunk.length > 0 && variants + product.variants.length > chunkVariantsMax)
    ) {
      yield chunk
      chunk = []
      variants = 0
    }
    chunk.push(product)
    variants += product.variants.length
  }
  if (chunk.length > 0) yield chunk
}

/**
 * Upserts drafts in the caller's transaction: products by slug, variants by SKU. A draft equal to the last one writes
 * nothing, and only new SKUs get initial stock. Pass one of {@link catalogChunks} at a time.
 * A rejected product is not saved at all; for all or nothing, roll back when `rejections` is not empty.
 * A dry run returns the same counts and writes nothing.
 */
export async function saveCatalog(
  tx: Queryable,
  {
    categories,
    products,
    isDryRun = false,
  }: { categories: CategoryDraft[]; products: ProductDraft[]; isDryRun?: boolean },
): Promise<SavedCatalog> {
  if (!isDryRun) await lockCatalog(tx)
  const saved = await saveCategories(tx, categories, { isDryRun })
  const { accepted, rejections } = await checkProducts(tx, products, saved.ids)
  const stored = await readStored(tx, accepted)
  const records = accepted.map((draft) => toRecord(draft, stored.get(draft.slug)?.id ?? uuidv7()))
  const changed = records.filter(({ draft, contentHash }) => stored.get(draft.slug)?.contentHash !== contentHash)
  if (!isDryRun) await writeRecords(tx, changed, saved)
  const created = changed.filter(({ draft }) => !stored.has(draft.slug)).length
  return {
    created,
    updated: changed.length - created,
    unchanged: accepted.length - changed.length,
    rejections: [...saved.rejections, ...rejections],
  }
}

/** Serialises catalog writers with an advisory lock until the transaction ends: they share the vocabulary and SKU ownership. */
export async function lockCatalog(tx: Queryable): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('product.catalog'))`)
}

async function writeRecords(tx: Queryable, records: ProductRecord[], saved: SavedCategories): Promise<void> {
  await writeProducts(tx, records)
  await writeVariants(tx, records)
  await writeCategories(tx, records, saved.ids)
  await registerStock(tx, records)
  await indexProducts(tx, [...new Set([...records.map(({ id }) => id), ...saved.affectedProductIds])])
  await bumpVersions(tx, [
    ...(records.length > 0 ? (['list', 'product'] as const) : []),
    ...(saved.changed > 0 ? (['category'] as const) : []),
  ])
}

interface ProductRecord {
  id: string
  draft: ProductDraft
  contentHash: string
}

function toRecord(draft: ProductDraft, id: string): ProductRecord {
  const variants = draft.variants.map((variant) => ({ ...variant, stock: undefined }))
  const content = { ...draft, variants, indexVersion }
  return { id, draft, contentHash: createHash('sha256').update(canonicalJson(content)).digest('base64url') }
}

async function readStored(tx: Queryable, drafts: ProductDraft[]) {
  const { rows } = await tx.execute<{ id: string; slug: string; content_hash: string }>(sql`
    select id, slug, content_hash from product.product where slug = any(${sql.param(drafts.map(({ slug }) => slug))}::text[])`)
  return new Map(rows.map(({ id, slug, content_hash }) => [slug, { id, contentHash: content_hash }]))
}

async function checkProducts(tx: Queryable, drafts: ProductDraft[], categoryIds: Map<string, string>) {
  const skus = drafts.flatMap(({ variants }) => variants.map(({ sku }) => sku))
  const { rows } = await tx.execute<{ sku: string; slug: string }>(sql`
    select v.sku, p.slug from product.variant v join product.product p on p.id = v.product_id where v.sku = any(${sql.param(skus)}::text[])`)
  const owners = new Map(rows.map(({ sku, slug }) => [sku, slug]))
  const accepted = new Map<string, ProductDraft>()
  const rejections: ProductRejection[] = []
  for (const draft of drafts) {
    const rejection: ProductRejection | null = accepted.has(draft.slug)
      ? { slug: draft.slug, reason: 'slug_repeated' }
      : rejectionFor(draft, owners, categoryIds)
    if (rejection !== null) {
      rejections.push(rejection)
      continue
    }
    accepted.set(draft.slug, draft)
    for (const { sku } of draft.variants) owners.set(sku, draft.slug)
  }
  return { accepted: [...accepted.values()], rejections }
}

function rejectionFor(
  { slug, variants, options, categories }: ProductDraft,
  owners: Map<string, string>,
  categoryIds: Map<string, string>,
): ProductRejection | null {
  const own = new Set<string>()
  for (const { sku, values } of variants) {
    const owner = owners.get(sku)
    if (owner !== undefined && owner !== slug) return { slug, reason: 'sku_taken', sku, owner }
    if (own.has(sku)) return { slug, reason: 'sku_repeated', sku }
    own.add(sku)
    const fits =
      values.length === options.length && options.every((option, index) => (values[index] ?? 0) < option.values.length)
    if (!fits) return { slug, reason: 'options_mismatch', sku }
  }
  const category = categories.find((each) => !categoryIds.has(each))
  return category === undefined ? null : { slug, reason: 'category_unknown', category }
}

/** Lowest price of the variants in each currency, with the compare-at price of that variant. */
function priceFrom({ variants }: ProductDraft): Record<string, PriceFrom> {
  const lowest: Record<string, PriceFrom> = {}
  for (const { prices, compareAt } of variants) {
    for (const [currency, amount] of Object.entries(prices)) {
      const known = lowest[currency]
      if (known === undefined || amount < known.amount)
        lowest[currency] = { amount, currency, compareAt: compareAt?.[currency] ?? null }
    }
  }
  return lowest
}

async function writeProducts(tx: Queryable, records: ProductRecord[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.map(({ id, draft, contentHash }) => ({
    ...draft,
    id,
    price_from: priceFrom(draft),
    content_hash: contentHash,
    variants: undefined,
    categories: undefined,
  }))
  await tx.execute(sql`
    insert into product.product (id, slug, status, brand, title, description, media, options, attributes, price_from, content_hash)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as p(id uuid, slug text, status text, brand text, title jsonb,
      description jsonb, media jsonb, options jsonb, attributes jsonb, price_from jsonb, content_hash text)
    on conflict (slug) do update set status = excluded.status, brand = excluded.brand, title = excluded.title,
      description = excluded.description, media = excluded.media, options = excluded.options, attributes = excluded.attributes,
      price_from = excluded.price_from, content_hash = excluded.content_hash, updated_at = now()`)
}

async function writeVariants(tx: Queryable, records: ProductRecord[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.flatMap(({ id, draft }) =>
    draft.variants.map(({ sku, values, prices, compareAt = {}, image = null }, position) => ({
      id: uuidv7(),
      product_id: id,
      sku,
      position,
      values,
      prices,
      compare_at: compareAt,
      image,
    })),
  )
  await tx.execute(sql`
    delete from product.variant where product_id = any(${sql.param(records.map(({ id }) => id))}::uuid[])
      and sku <> all(${sql.param(rows.map(({ sku }) => sku))}::text[])`)
  await tx.execute(sql`
    insert into product.variant (id, product_id, sku, position, "values", prices, compare_at, image)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as v(id uuid, product_id uuid, sku text, position int, "values" jsonb, prices jsonb, compare_at jsonb, image int)
    on conflict (sku) do update set position = excluded.position, "values" = excluded."values", prices = excluded.prices,
      compare_at = excluded.compare_at, image = excluded.image`)
}

async function writeCategories(
  tx: Queryable,
  records: ProductRecord[],
  categoryIds: Map<string, string>,
): Promise<void> {
  if (records.length === 0) return
  const rows = records.flatMap(({ id, draft }) =>
    [...new Set(draft.categories)].map((slug, position) => ({
      product_id: id,
      category_id: categoryIds.get(slug),
      position,
    })),
  )
  await tx.execute(
    sql`delete from product.product_category where product_id = any(${sql.param(records.map(({ id }) => id))}::uuid[])`,
  )
  await tx.execute(sql`
    insert into product.product_category (product_id, category_id, position)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c(product_id uuid, category_id uuid, position int)`)
}

/**
 * Creates stock for new SKUs with an `initial` movement, and updates the product and the policy of each SKU. Existing
 * stock keeps its quantities, except when an untracked SKU becomes a counted one: its count begins with the draft's
 * stock. Locks stock in the order of SKUs, like every other lock on stock, and after the products.
 */
async function registerStock(tx: Queryable, records: ProductRecord[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.flatMap(({ id, draft }) =>
    draft.variants.map(({ sku, stock, inventoryPolicy = 'tracked' }) => ({
      sku,
      product_id: id,
      available: stock,
      policy: inventoryPolicy,
    })),
  )
  await tx.execute(sql`
    with listed as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as l(sku text, product_id uuid, available int, policy text)
    ), moved as (
      select s.sku, l.product_id, coalesce(l.policy, s.policy) as policy,
        case when s.policy = 'untracked' and l.policy <> 'untracked' then l.available end as counted,
        s.available - s.backordered as before
      from product.stock s left join listed l using (sku)
      where (s.sku in (select sku from listed) or s.product_id = any(${sql.param(records.map(({ id }) => id))}::uuid[]))
        and (s.product_id is distinct from l.product_id or s.policy <> l.policy)
      order by s.sku for no key update of s
    ), relisted as (
      update product.stock s set product_id = moved.product_id, policy = moved.policy,
        available = coalesce(moved.counted, s.available),
        backordered = case when moved.counted is null then s.backordered else 0 end
      from moved where s.sku = moved.sku
    ), created as (
      insert into product.stock (sku, product_id, available, policy)
      select sku, product_id, available, policy from listed order by sku
      on conflict (sku) do nothing returning sku, available
    )
    insert into product.stock_movement (sku, kind, quantity, reference, reason)
    select sku, 'initial', available, 'catalog', null from created where available > 0
    union all
    select sku, 'adjusted', counted - before, 'catalog', 'Counting begins' from moved where counted <> before`)
}

/** Whether the catalog has no product at all. */
export async function isCatalogEmpty(query: Queryable): Promise<boolean> {
  const { rows } = await query.execute<{ empty: boolean }>(
    sql`select not exists (select from product.product) as empty`,
  )
  return rows[0]?.empty ?? true
}
