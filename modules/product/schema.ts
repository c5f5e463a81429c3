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
import type { ProductDraft, Text, VariantDraft } from './draft.contract.ts'

export const productSchema = pgSchema('product')

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** The lowest price among a product's variants in one currency, as cards show it. Minor units. */
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
    /** UUID v7: ids grow with time, so newest first is id descending. */
    id: uuid().primaryKey(),
    slug: text().notNull().unique(),
    status: text().$type<ProductDraft['status']>().notNull(),
    brand: text(),
    title: jsonb().$type<Text>().notNull(),
    description: jsonb().$type<Text>().notNull(),
    media: jsonb().$type<ProductDraft['media']>().notNull(),
    options: jsonb().$type<ProductDraft['options']>().notNull(),
    attributes: jsonb().$type<ProductDraft['attributes']>().notNull(),
    /** By currency; derived from the variants whenever they are saved. */
    priceFrom: jsonb('price_from').$type<Record<string, PriceFrom>>().notNull(),
    /** Digest of the draft it was saved from: an equal one is not written again. */
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
    check('product_status', sql`status in ('draft', 'active', 'archived')`),
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
  },
  (table) => [index('variant_product').on(table.productId, table.position)],
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
 * Pieces per SKU. Rows outlive the variants they were made for: what is reserved must stay takeable.
 * No index may cover `available` or `reserved`, so that every change of them is a cheap in-page (HOT) update.
 */
export const stock = productSchema.table(
  'stock',
  {
    sku: text().primaryKey(),
    /** Who sells it now; null once no product lists the SKU. */
    productId: uuid('product_id').references(() => product.id, { onDelete: 'set null' }),
    available: integer().notNull(),
    reserved: integer().notNull().default(0),
  },
  (table) => [
    index('stock_product').on(table.productId),
    check('stock_available', sql`available >= 0`),
    check('stock_reserved', sql`reserved >= 0`),
  ],
)

export const movementKinds = ['initial', 'restocked', 'adjusted', 'returned', 'sold'] as const

/** Append-only. For every SKU the quantities sum to available + reserved. */
export const stockMovement = productSchema.table(
  'stock_movement',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    sku: text().notNull(),
    kind: text({ enum: movementKinds }).notNull(),
    /** Pieces that came (positive) or went (negative). */
    quantity: integer().notNull(),
    /** What caused it, such as an order id. */
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

/** How often what answers are made from has changed: three rows, read once a second by every process that keeps answers. */
export const catalogVersion = productSchema.table('catalog_version', {
  tag: text().primaryKey(),
  version: bigint({ mode: 'number' }).notNull(),
})

/** One row for each active product: everything a search filters, counts and ranks by, so that it reads no other product table. */
export const searchDocument = productSchema.table(
  'search_document',
  {
    productId: uuid('product_id')
      .primaryKey()
      .references(() => product.id, { onDelete: 'cascade' }),
    /** Weights: A title, B brand, category and SKU, C options and attributes, D description. */
    document: tsvector().notNull(),
    /**
     * What names the product, small enough to be read for every hit. Weights: A the nouns of its title that name the
     * thing itself (`case` in "Case for iPhone"), B the same of its categories, C brand, D the whole title.
     */
    named: tsvector().notNull(),
    /** Words in the English title: of two titles that match alike, the shorter is closer. */
    titleLength: integer('title_length').notNull(),
    brand: text(),
    categoryIds: uuid('category_ids').array().notNull(),
    priceFrom: jsonb('price_from').$type<Record<string, PriceFrom>>().notNull(),
    /** What it put into the vocabulary, to be taken out again when it changes. */
    terms: text().array().notNull(),
  },
  (table) => [index('search_document_document').using('gin', table.document)],
)

/** The vocabulary: every word of titles, brands, categories and options, and in how many documents it stands. */
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
