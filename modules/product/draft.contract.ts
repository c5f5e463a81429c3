import { z } from 'zod'
import { currencySchema, skuSchema, slugSchema } from '#schemas'

/** What the catalog takes in, whoever brings it (demo data, an import, staff): checked here once, trusted within. */

/** Text by language; English where it exists is the fallback of the others. */
const textOf = (max: number) =>
  z
    .strictObject({
      en: z.string().trim().min(1).max(max).optional(),
      zh: z.string().trim().min(1).max(max).optional(),
    })
    .refine((text) => text.en !== undefined || text.zh !== undefined, 'must be given in at least one language')
export type Text = z.infer<ReturnType<typeof textOf>>

/** Minor units by currency; at least one. */
export const priceMax = 1_000_000_000_00
const prices = z
  .record(currencySchema, z.int().min(0).max(priceMax))
  .refine((byCurrency) => Object.keys(byCurrency).length > 0, 'must hold a price in at least one currency')

export const categoryDraftSchema = z.strictObject({
  slug: slugSchema,
  name: textOf(200),
  /** Slug of the category above; null at the root. */
  parent: slugSchema.nullable(),
  position: z.int().min(0),
})

const variantDraftSchema = z.strictObject({
  sku: skuSchema,
  /** For each option, the index of this variant's value among its values. */
  values: z.array(z.int().min(0)).max(10),
  prices,
  compareAt: prices.optional(),
  /** Pieces on hand when the SKU is first seen; later stock is the shop's own affair. */
  stock: z.int().min(0).max(10_000_000),
})

export const productDraftSchema = z.strictObject({
  slug: slugSchema,
  status: z.enum(['draft', 'active', 'archived']),
  brand: z.string().trim().min(1).max(200).nullable(),
  title: textOf(500),
  description: textOf(50_000),
  /** Slugs of the leaves it belongs to. */
  categories: z.array(slugSchema).max(20),
  media: z.array(z.strictObject({ url: z.string().min(1).max(2000), alt: textOf(500) })).max(50),
  options: z.array(z.strictObject({ name: textOf(100), values: z.array(textOf(200)).min(1).max(100) })).max(10),
  variants: z.array(variantDraftSchema).min(1).max(500),
  attributes: z.array(z.strictObject({ name: textOf(100), value: textOf(500) })).max(50),
})

export type CategoryDraft = z.infer<typeof categoryDraftSchema>
export type VariantDraft = z.infer<typeof variantDraftSchema>
export type ProductDraft = z.infer<typeof productDraftSchema>
