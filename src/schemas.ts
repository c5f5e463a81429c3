import { z } from 'zod'
import type { Money } from '#lib/currency'
import { emailAddressPattern, normaliseEmailAddress } from '#lib/email-address'
import { locales, type Locale } from '#lib/locale'
import { hasHidden, hasLink, isLonger, isTooCostly, normaliseText } from '#lib/text'

/** Schemas shared by all modules and clients. The published client carries their types: name those without `z.infer`, since it brings no zod. */

export { locales, type Locale }
export const localeSchema = z.enum(locales)

const noHidden = 'must not contain control or invisible characters: type it again instead of pasting it'
const noLinks = 'must be a name, without web or e-mail addresses'

/** Longer than `max` characters, of which the issue tells; the checks after it do not run. */
const reject = (max: number, isTooLong: (text: string, max: number) => boolean) =>
  z.check<string>(({ value, issues }) => {
    if (isTooLong(value, max))
      issues.push({ code: 'too_big', origin: 'string', maximum: max, inclusive: true, input: value, continue: false })
  })

const textOf = (max: number, { isMultiline }: { isMultiline: boolean }) =>
  z
    .string()
    .check(reject(max, isTooCostly))
    .overwrite(normaliseText)
    .check(reject(max, isLonger))
    .refine((text) => !hasHidden(text, { isMultiline }), { error: noHidden, abort: true })

/** A single line of text of at most `max` characters, or nothing: normalised, trimmed, without invisible characters. */
export const blankOrLine = (max: number) => textOf(max, { isMultiline: false }).meta({ maxLength: max })

/** A single line of text of 1 to `max` characters. See {@link blankOrLine}. */
export function singleLine(max: number) {
  return textOf(max, { isMultiline: false }).min(1).meta({ maxLength: max })
}

/** Text of at most `max` characters in any number of lines, or nothing. See {@link blankOrLine}. */
export const blankOrText = (max: number) => textOf(max, { isMultiline: true }).meta({ maxLength: max })

/** Text of 1 to `max` characters in any number of lines. See {@link blankOrLine}. */
export const freeText = (max: number) => textOf(max, { isMultiline: true }).min(1).meta({ maxLength: max })

/** A person's name, which the shop's emails show: without anything that a mail client makes a link of. */
export const nameSchema = singleLine(100).refine((name) => !hasLink(name), noLinks)

/** A key, token or cursor, which is compared as it is: 1 to `max` characters, none of them invisible. */
export function opaque(max: number) {
  return z
    .string()
    .min(1)
    .max(max, { abort: true })
    .refine((text) => !hasHidden(text), noHidden)
}

/** ISO 4217 code in capitals. The configuration decides which currencies the shop sells in. */
export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
export type Currency = string

export type { Money }
export const moneySchema = z.object({ amount: z.int(), currency: currencySchema }) satisfies z.ZodType<Money>

/** ISO 8601 in UTC, such as `2026-11-22T12:00:00Z`. */
export type Timestamp = string
const timeWanted = 'must be a time with its offset, such as 2026-11-22T12:00:00Z or 2026-11-22T14:00:00+02:00'
/** A time with any offset of ISO 8601, as UTC. */
export const timestampSchema = z
  .string()
  .max(40, { error: timeWanted, abort: true })
  .overwrite((time) =>
    time.trim().replace(/([+-]\d\d)(?::?(\d\d))?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`),
  )
  .check(z.iso.datetime({ offset: true, error: timeWanted, abort: true }))
  .overwrite((time) => (time.endsWith('Z') ? time : asUtc(time)))
  // Postgres has no year 0, and years of five digits have a form of their own.
  .regex(/^(?!0000)\d{4}-/, timeWanted)

/** Keeps the digits of the seconds, of which Postgres stores more than a `Date` holds. */
function asUtc(time: string): string {
  const fraction = /\.\d+/.exec(time)?.[0] ?? ''
  return new Date(time.replace(fraction, '')).toISOString().replace('.000', fraction)
}

export const idSchema = z.uuid('must be an id issued by the shop')
export const skuSchema = singleLine(100)
/** Largest quantity of one SKU on one line. */
export const quantityMax = 999
export const quantitySchema = z.int().min(1).max(quantityMax)
export const slugSchema = singleLine(200)

export const pageSchema = z.object({
  cursor: opaque(500).optional(),
  limit: z.int().min(1).max(100).optional(),
})

/** Keyset pagination: the opaque `nextCursor` is the `cursor` of the next request; null on the last page. */
export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** ISO 3166 alpha-2 in capitals. */
const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 alpha-2 code such as DE')

const optionalLine = (max: number) => blankOrLine(max).nullish()

/** The parts of an address, before the rules of its country (`#address`). Null and blank are the same as absent. */
export const addressPartsSchema = z.strictObject({
  name: nameSchema,
  company: optionalLine(100),
  line1: singleLine(200),
  line2: optionalLine(200),
  city: optionalLine(100),
  region: optionalLine(100),
  postalCode: optionalLine(20),
  country: countrySchema,
  phone: optionalLine(40),
})

/** What is required besides `name`, `line1` and `country` depends on the country: `shop.settings` has its rules. */
export interface Address {
  name: string
  company?: string | undefined
  line1: string
  line2?: string | undefined
  city?: string | undefined
  region?: string | undefined
  postalCode?: string | undefined
  country: string
  phone?: string | undefined
}

export type AddressField = 'name' | 'company' | 'line1' | 'line2' | 'city' | 'region' | 'postalCode'

/** Rules of a country's addresses. Source: Google's libaddressinput. */
export interface AddressRules {
  /** In the order of a form; other fields are not used there. */
  fields: { name: AddressField; isRequired: boolean; label: Record<Locale, string> }[]
  /** Null where the country has no postal codes. `pattern` is a regular expression for the whole code. */
  postalCode: { pattern: string; example: string } | null
  /** States, provinces or prefectures; empty where any text is taken. */
  regions: { code: string; name: string; latinName: string }[]
}

const addressMax = 254
const emailWanted = 'must be an e-mail address such as ann@example.com'
/**
 * An e-mail address that a browser's `type=email` accepts (HTML, "valid e-mail address"), without blanks around it. The
 * result has its domain in ASCII and lower case, so that two spellings of one address are equal.
 */
export const emailSchema = z
  .string()
  .max(addressMax * 2, { abort: true, error: emailWanted })
  .overwrite(normaliseEmailAddress)
  .refine((address) => emailAddressPattern.test(address), { error: emailWanted, abort: true })
  .max(addressMax)
  .meta({ format: 'email' })

/** A web address, in the form in which it can stand in an email: percent-encoded, its host in ASCII. */
export const webAddressSchema = singleLine(500).pipe(
  z.url({
    protocol: /^https?$/,
    normalize: true,
    error: 'must be an address such as https://carrier.example/1',
  }),
)

/** Key chosen by the client for one operation and all its retries: 1 to 255 characters, preferably a UUID. */
export const idempotencyKeySchema = z.string().min(1).max(255)
