import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core'
import { inventoryPolicies, type ProductDraft, type Text, type VariantDraft } from './draft.contract.ts'

export const productSchema = pgSchema('product')

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** Lowest price among a product's variants in one currency, as product cards show it. Minor units. */
export interface PriceFrom {
  amount: number
  currency: string
  compareAt: number | null
}

export const category = productSchema.table('category', {
  id: uuid().primaryKey(),
  slug: text().notNull().unique(),
  name: jsonb().$type<Text>().notNull(),
  parentId: uuid('parent_id').references((): AnyPgColumn => category.id),
  position: integer().notNull(),
})

export const product = productSchema.table(
  'product',
  {
    /** UUID v7: ids grow with time, so `id desc` is newest first. */
    id: uuid().primaryKey(),
    slug: text().notNull().unique(),
    status: text().$type<ProductDraft['status']>().notNull(),
    brand: text(),
    title: jsonb().$type<Text>().notNull(),
    description: jsonb().$type<Text>().notNull(),
    media: jsonb().$type<ProductDraft['media']>().notNull(),
    options: jsonb().$type<ProductDraft['options']>().notNull(),
    attributes: jsonb().$type<ProductDraft['attributes']>().notNull(),
    /** Lowest price by currency, derived from the variants whenever they are saved. */
    priceFrom: jsonb('price_from').$type<Record<string, PriceFrom>>().notNull(),
    /** Digest of the draft that was saved last; a draft with the same digest is not written again. */
    contentHash: text('content_hash').notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('product_newest')
      .on(table.id)
      .where(sql`status = 'active'`),
    index('product_title_en')
      .on(sql`(left(coalesce(title ->> 'en', title ->> 'zh'), 60) collate "en-x-icu")`, table.id)
      .where(sql`status = 'active'`),
    index('product_title_zh')
      .on(sql`(left(coalesce(title ->> 'zh', title ->> 'en'), 60) collate "zh-x-icu")`, table.id)
      .where(sql`status = 'active'`),
    check('product_status', sql`status in ('draft', 'active', 'archived', 'unlisted')`),
  ],
)

export const variant = productSchema.table(
  'variant',
  {
    id: uuid().primaryKey(),
    productId: uuid('product_id')
      .notNull()
      .references(() => product.id, { onDelete: 'cascade' }),
    sku: text().notNull().unique(),
    position: integer().notNull(),
    /** For each option of the product, the index of this variant's value. */
    values: jsonb().$type<number[]>().notNull(),
    /** Minor units by currency. */
    prices: jsonb().$type<VariantDraft['prices']>().notNull(),
    compareAt: jsonb('compare_at').$type<VariantDraft['prices']>().notNull(),
    /** Index of the variant's picture in the product's media; null without a picture of its own. */
    image: integer(),
  },
  (table) => [index('variant_product').on(table.productId, table.position), check('variant_image', sql`image >= 0`)],
)

export const productCategory = productSchema.table(
  'product_category',
  {
    productId: uuid('product_id')
      .notNull()
      .references(() => product.id, { onDelete: 'cascade' }),
    categoryId: uuid('category_id')
      .notNull()
      .references(() => category.id),
    position: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.categoryId] }),
    index('product_category_category').on(table.categoryId, table.productId),
  ],
)

/**
 * Stock per SKU, in units. A row outlives the variant it was created for, so that reserved units can still be taken.
 * No index may cover `available` or `reserved`, so that each change of them is a heap-only tuple (HOT) update.
 */
export const stock = productSchema.table(
  'stock',
  {
    sku: text().primaryKey(),
    /** Product that lists the SKU; null when none does any longer. */
    productId: uuid('product_id').references(() => product.id, { onDelete: 'set null' }),
    available: integer().notNull(),
    reserved: integer().notNull().default(0),
    /** Units promised to buyers beyond those in stock; above 0 only while nothing is available. */
    backordered: integer().notNull().default(0),
    policy: text({ enum: inventoryPolicies }).notNull().default('tracked'),
  },
  (table) => [
    index('stock_product').on(table.productId),
    check('stock_available', sql`available >= 0`),
    check('stock_reserved', sql`reserved >= 0`),
    check('stock_backordered', sql`backordered >= 0 and (backordered = 0 or available = 0)`),
    check('stock_policy', sql`policy in ('tracked', 'backorder', 'untracked')`),
  ],
)

export const movementKinds = ['initial', 'restocked', 'adjusted', 'returned', 'sold'] as const

/** Append-only ledger of stock movements. For every SKU the quantities sum to available + reserved - backordered. */
export const stockMovement = productSchema.table(
  'stock_movement',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    sku: text().notNull(),
    kind: text({ enum: movementKinds }).notNull(),
    /** Units received (positive) or removed (negative). */
    quantity: integer().notNull(),
    /** Cause of the movement, such as an order id. */
    reference: text().notNull(),
    reason: text(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('stock_movement_sku').on(table.sku, table.id),
    check('stock_movement_quantity', sql`quantity <> 0`),
    check('stock_movement_kind', sql`kind in ('initial', 'restocked', 'adjusted', 'returned', 'sold')`),
  ],
)

/** Version counter per cache tag: three rows, polled once a second by every process that caches responses. */
export const catalogVersion = productSchema.table('catalog_version', {
  tag: text().primaryKey(),
  version: bigint({ mode: 'number' }).notNull(),
})

/** One row per active product, with everything that a search filters, counts and ranks by, so that it joins no other product table. */
export const searchDocument = productSchema.table(
  'search_document',
  {
    productId: uuid('product_id')
      .primaryKey()
      .references(() => product.id, { onDelete: 'cascade' }),
    /** Weights: A title, B brand, category and SKU, C options and attributes, D description. */
    document: tsvector().notNull(),
    /**
     * Names of the product, small enough to be read for every hit. Weights: A head words of the title (`case` in
     * "Case for iPhone"), B head words of the categories, C brand, D the whole title.
     */
    named: tsvector().notNull(),
    /** Words in the first title (English, else Chinese). Of two equal matches the shorter title ranks first. */
    titleLength: integer('title_length').notNull(),
    brand: text(),
    categoryIds: uuid('category_ids').array().notNull(),
    priceFrom: jsonb('price_from').$type<Record<string, PriceFrom>>().notNull(),
    /** Terms this document contributes to {@link searchTerm}, subtracted again when the document changes. */
    terms: text().array().notNull(),
  },
  (table) => [index('search_document_document').using('gin', table.document)],
)

/** Search vocabulary: every word of titles, brands, categories and options, with its document frequency. */
export const searchTerm = productSchema.table(
  'search_term',
  {
    term: text().primaryKey(),
    documents: integer().notNull(),
  },
  (table) => [
    index('search_term_prefix').on(table.term.op('text_pattern_ops')),
    index('search_term_similar').using('gin', table.term.op('gin_trgm_ops')),
  ],
)
