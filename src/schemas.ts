import { z } from 'zod'

/** Schemas shared by all modules and clients. The published client carries their types: name those without `z.infer`, since it brings no zod. */

/** Languages of the shop. Text without a translation falls back to English. */
export const locales = ['en', 'zh'] as const
export const localeSchema = z.enum(locales)
export type Locale = (typeof locales)[number]

/** ISO 4217 code in capitals. The configuration decides which currencies the shop sells in. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
export type Currency = string

/** `amount` in minor units (cents, fen), an integer. */
export interface Money {
  amount: number
  currency: Currency
}
export const moneySchema = z.object({ amount: z.int(), currency: currencySchema }) satisfies z.ZodType<Money>

/** ISO 8601 in UTC, such as `2026-11-22T12:00:00Z`. */
export type Timestamp = string
// Postgres has no year 0.
export const timestampSchema = z.iso.datetime().regex(/^(?!0000)/, 'must be a time such as 2026-11-22T12:00:00Z')

export const idSchema = z.uuid('must be an id issued by the shop')
export const skuSchema = z.string().trim().min(1).max(100)
/** Largest quantity of one SKU on one line. */
export const quantityMax = 999
export const quantitySchema = z.int().min(1).max(quantityMax)
export const slugSchema = z.string().trim().min(1).max(200)

export const pageSchema = z.object({
  cursor: z.string().min(1).max(500).optional(),
  limit: z.int().min(1).max(100).optional(),
})

/** Keyset pagination: the opaque `nextCursor` is the `cursor` of the next request; null on the last page. */
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
}) satisfies z.ZodType<Address>
export interface Address {
  name: string
  line1: string
  line2?: string | undefined
  city: string
  region?: string | undefined
  postalCode: string
  country: string
  phone?: string | undefined
}

export const emailSchema = z.email('must be an e-mail address').max(254)

/** Key chosen by the client for one operation and all its retries: 1 to 255 characters, preferably a UUID. */
export const idempotencyKeySchema = z.string().min(1).max(255)
