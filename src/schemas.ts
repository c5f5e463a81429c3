import { z } from 'zod'

/** The shapes every module and client shares. This file imports zod alone, so that the published client can carry its types. */

/** Languages the shop answers in. Text that lacks one falls back to English. */
export const locales = ['en', 'zh'] as const
export const localeSchema = z.enum(locales)
export type Locale = z.infer<typeof localeSchema>

/** ISO 4217 code in capitals. Whether the shop sells in it is the configuration's to say. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
export type Currency = string

/** `amount` in minor units (cents, fen), an integer. */
export const moneySchema = z.object({ amount: z.int(), currency: currencySchema })
export type Money = z.infer<typeof moneySchema>

/** ISO 8601 in UTC, such as `2026-11-22T12:00:00Z`. */
export type Timestamp = string
// Postgres has no year 0.
export const timestampSchema = z.iso.datetime().regex(/^(?!0000)/, 'must be a time such as 2026-11-22T12:00:00Z')

export const idSchema = z.uuid('must be an id as the shop gave it')
export const skuSchema = z.string().trim().min(1).max(100)
/** Pieces of one SKU on one line. */
export const quantityMax = 999
export const quantitySchema = z.int().min(1).max(quantityMax)
export const slugSchema = z.string().trim().min(1).max(200)

export const pageSchema = z.object({
  cursor: z.string().min(1).max(500).optional(),
  limit: z.int().min(1).max(100).optional(),
})

/** The opaque `nextCursor` of one answer is the `cursor` of the next question; null on the last page. */
export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** ISO 3166 alpha-2 in capitals. */
const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 alpha-2 code such as DE')

const line = (max: number) => z.string().trim().min(1).max(max)
export const addressSchema = z.object({
  name: line(200),
  line1: line(200),
  line2: z.string().trim().max(200).optional(),
  city: line(100),
  region: z.string().trim().max(100).optional(),
  postalCode: line(20),
  country: countrySchema,
  phone: z.string().trim().max(40).optional(),
})
export type Address = z.infer<typeof addressSchema>

export const emailSchema = z.email('must be an e-mail address').max(254)

/** A client's own name for one attempt at one thing; any text of 1 to 255 characters, a UUID at best. */
export const idempotencyKeySchema = z.string().min(1).max(255)
