import { z } from 'zod'
import { isPayable } from '#lib/currency'
import { currencySchema, skuSchema, slugSchema } from '#schemas'

/** Drafts: the input format of the catalog, for demo data and imports alike. Validated here once, trusted afterwards. */

/** Text by language, in at least one language. English is the fallback for the others. */
const textOf = (max: number) =>
  z
    .strictObject({
      en: z.string().trim().min(1).max(max).optional(),
      zh: z.string().trim().min(1).max(max).optional(),
    })
    .refine((text) => text.en !== undefined || text.zh !== undefined, 'must be given in at least one language')
export type Text = z.infer<ReturnType<typeof textOf>>

/** Most variants and pictures of a product: the limits of Shopify. */
export const variantsMax = 2048
export const imagesMax = 250

/** Highest price, in minor units. */
export const priceMax = 1_000_000_000_00
/** Minor units by currency, in at least one currency. */
const prices = z
  .record(currencySchema, z.int().min(0).max(priceMax))
  .refine((byCurrency) => Object.keys(byCurrency).length > 0, 'must hold a price in at least one currency')
  .refine(
    (byCurrency) => Object.entries(byCurrency).every(([currency, amount]) => isPayable({ amount, currency })),
    'must be amounts that a card can be charged: in currencies of three decimals the last one is 0',
  )

export const categoryDraftSchema = z.strictObject({
  slug: slugSchema,
  name: textOf(255),
  /** Slug of the parent category; null for a root. */
  parent: slugSchema.nullable(),
  position: z.int().min(0),
})

/**
 * Inventory policy of a variant: `tracked` is sold while units are in stock; `backorder` is counted and sold beyond what
 * is in stock; `untracked` is always available.
 */
export const inventoryPolicies = ['tracked', 'backorder', 'untracked'] as const
export type InventoryPolicy = (typeof inventoryPolicies)[number]

const variantDraftSchema = z.strictObject({
  sku: skuSchema,
  /** For each option of the product, the index of this variant's value. */
  values: z.array(z.int().min(0)).max(10),
  prices,
  compareAt: prices.optional(),
  /** Index of this variant's picture in the product's `media`. Without one the product's pictures stand for it. */
  image: z.int().min(0).optional(),
  /** Initial stock, in units. Ignored for a SKU that already has stock. */
  stock: z.int().min(0).max(10_000_000),
  /** `tracked` if absent. */
  inventoryPolicy: z.enum(inventoryPolicies).optional(),
})

const productFieldsSchema = z.strictObject({
  slug: slugSchema,
  /** `unlisted`: on sale for those who have its link, in no list and no search. */
  status: z.enum(['draft', 'active', 'archived', 'unlisted']),
  brand: z.string().trim().min(1).max(255).nullable(),
  title: textOf(500),
  description: textOf(50_000),
  /** Slugs of the leaf categories of the product. */
  categories: z.array(slugSchema).max(20),
  media: z.array(z.strictObject({ url: z.string().min(1).max(2000), alt: textOf(500) })).max(imagesMax),
  options: z.array(z.strictObject({ name: textOf(255), values: z.array(textOf(255)).min(1).max(variantsMax) })).max(10),
  variants: z.array(variantDraftSchema).min(1).max(variantsMax),
  attributes: z.array(z.strictObject({ name: textOf(100), value: textOf(500) })).max(50),
})

/** A product whose variants name only pictures that it has. */
export const productDraftSchema = productFieldsSchema.superRefine(({ media, variants }, context) => {
  for (const [index, { image }] of variants.entries()) {
    if (image === undefined || image < media.length) continue
    const message = `must be the index of one of the product's ${media.length} pictures`
    context.addIssue({ code: 'custom', path: ['variants', index, 'image'], message })
  }
})

export type CategoryDraft = z.infer<typeof categoryDraftSchema>
export type VariantDraft = z.infer<typeof variantDraftSchema>
export type ProductDraft = z.infer<typeof productDraftSchema>
