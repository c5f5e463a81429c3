import { z } from 'zod'
import {
  currencySchema,
  freeText,
  idSchema,
  localeSchema,
  pageSchema,
  slugSchema,
  singleLine,
  skuSchema,
  type Money,
  type Page,
} from '#schemas'

/** Inputs and results of `product.*`. Imports nothing but schemas, since the published client carries these types. */

const localisation = { currency: currencySchema.optional(), locale: localeSchema.optional() }

export const productSorts = ['newest', 'price_asc', 'price_desc', 'title'] as const
const searchSorts = ['relevance', 'price_asc', 'price_desc', 'newest'] as const

export const listInput = z.strictObject({
  category: slugSchema.optional(),
  collection: slugSchema.optional(),
  sort: z.enum(productSorts).optional(),
  ...pageSchema.shape,
  ...localisation,
})

export const getInput = z.union([
  z.strictObject({ slug: slugSchema, ...localisation }),
  z.strictObject({ id: idSchema, ...localisation }),
])

const searchFilters = z.strictObject({
  brand: z.array(singleLine(100)).max(20).optional(),
  /** Minor units of the response's currency. */
  priceMin: z.int().min(0).max(1e12).optional(),
  priceMax: z.int().min(0).max(1e12).optional(),
  inStock: z.boolean().optional(),
})

/**
 * Search text of at most `max` characters, also after NFKC normalisation: one compatibility character can expand to
 * several words.
 */
const queryText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max, { abort: true })
    .refine((q) => q.normalize('NFKC').length <= max, 'is too long')

export const searchInput = z.strictObject({
  q: queryText(200),
  category: slugSchema.optional(),
  filters: searchFilters.optional(),
  sort: z.enum(searchSorts).optional(),
  ...pageSchema.shape,
  ...localisation,
})

export const suggestInput = z.strictObject({ q: queryText(100), ...localisation })
export const relatedInput = z.strictObject({ id: idSchema, limit: z.int().min(1).max(24).optional(), ...localisation })
export const categoriesInput = z.strictObject({ locale: localeSchema.optional() }).optional()
export const adjustStockInput = z.strictObject({
  sku: skuSchema,
  /** Units added (positive) or removed (negative). */
  delta: z
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .refine((n) => n !== 0, 'must not be 0'),
  reason: freeText(200),
})

export type ListInput = z.infer<typeof listInput>
export type GetInput = z.infer<typeof getInput>
export type SearchInput = z.infer<typeof searchInput>
export type SuggestInput = z.infer<typeof suggestInput>
export type RelatedInput = z.infer<typeof relatedInput>
export type AdjustStockInput = z.infer<typeof adjustStockInput>

export interface Image {
  url: string
  alt: string
}

export interface ProductCard {
  id: string
  slug: string
  title: string
  brand: string | null
  image: Image | null
  /** Lowest price among the variants. */
  price: Money
  compareAt: Money | null
  /** Whether at least one variant can be bought now. */
  available: boolean
}

export interface ProductVariant {
  id: string
  sku: string
  title: string
  /** Values by option name, in the order of `Product.options`. */
  options: Record<string, string>
  price: Money
  compareAt: Money | null
  /** Units that can be bought now; the largest quantity of an order line if it is not limited by stock. */
  available: number
  /** Nothing is in stock: it can be bought, and is sent when it comes in. */
  isBackorder: boolean
  /** Index of this variant's picture in `Product.media`; null if it has no picture of its own. */
  image: number | null
}

export interface ProductOption {
  name: string
  values: string[]
}

export interface CategoryRef {
  id: string
  slug: string
  name: string
}

export interface Product {
  id: string
  slug: string
  title: string
  description: string
  brand: string | null
  /** Every category path of the product, each from its root to its leaf; a category appears once. */
  categories: CategoryRef[]
  media: Image[]
  options: ProductOption[]
  variants: ProductVariant[]
  attributes: Record<string, string>
}

export interface Category extends CategoryRef {
  children: Category[]
}

export interface Facet {
  value: string
  label: string
  count: number
}

export type ProductPage = Page<ProductCard>

export interface SearchAnswer extends Page<ProductCard> {
  total: number
  facets: { category: Facet[]; brand: Facet[]; inStock: number }
  didYouMean?: string
}

export interface Suggestions {
  terms: string[]
  products: ProductCard[]
}

export interface StockLevel {
  sku: string
  available: number
  reserved: number
  /** Units promised to buyers beyond those in stock. */
  backordered: number
}
