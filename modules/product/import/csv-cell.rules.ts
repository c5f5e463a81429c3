import type { Locale } from '#schemas'
import { priceMax, type ProductDraft } from '../draft.contract.ts'

/** Parsers of single cells. Each returns the value, or a string with the reason why the cell is invalid. */

const stockMax = 10_000_000

/** Price in minor units of a currency with `digits` decimals. Accepts surplus zeros: Shopify writes yen with two decimals. */
export function parsePrice(text: string, digits: number): number | string {
  const [, whole, decimals = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined) return `${quoted(text)} ${priceFormatProblem(text)}`
  if (decimals.length > Math.max(digits, 2) || /[1-9]/.test(decimals.slice(digits))) {
    return `${quoted(text)} has too many decimals; the currency has ${digits}`
  }
  const amount = Number(whole + decimals.slice(0, digits).padEnd(digits, '0'))
  return amount <= priceMax ? amount : `${quoted(text)} is more than the shop can charge`
}

function priceFormatProblem(text: string): string {
  if (text === '') return 'is missing'
  if (/^-\s*[\d.]/.test(text)) return 'is negative'
  if (/^\d{1,3}([,.' ]\d{3})+([.,]\d+)?$/.test(text)) return 'has thousand separators; write it as 1299.00'
  if (/^\d+,\d+$/.test(text)) return 'has a decimal comma; write it as 1299.00'
  if (/^\d+(\.\d+)?e[+-]?\d+$/i.test(text)) return 'is in scientific notation; write it as 1299.00'
  return 'is not a plain number such as 1299.00'
}

/** Quantity in units; an empty cell is 0. */
export function parseQuantity(text: string): number | string {
  if (text === '') return 0
  if (/^-\d/.test(text)) return `${quoted(text)} is negative`
  if (!/^\d+$/.test(text)) return `${quoted(text)} is not a whole number`
  return Number(text) <= stockMax ? Number(text) : `${quoted(text)} is more than ${stockMax} units`
}

const statuses = ['active', 'draft', 'archived'] as const

/** Shopify's product status; an empty cell is `active`. */
export function parseStatus(text: string): { value: ProductDraft['status'] } | string {
  const value = statuses.find((status) => status === (text.toLowerCase() || 'active'))
  return value === undefined ? `${quoted(text)} is not active, draft or archived` : { value }
}

/** Shopify's published flag; an empty cell is true. */
export function parsePublished(text: string): boolean | string {
  if (/^(true|yes|1|)$/i.test(text)) return true
  return /^(false|no|0)$/i.test(text) ? false : `${quoted(text)} is neither TRUE nor FALSE`
}

/** Absolute http or https URL of an image; `javascript:`, `data:` and relative URLs are rejected. */
export function parseImageUrl(text: string): { href: string } | string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
  return isWeb ? { href: url.href } : `${quoted(text)} is not an http or https address`
}

/** Chinese if Han characters outnumber the other words, so that a brand name in Latin letters does not decide. */
export function localeOf(text: string): Locale {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0
  const words = text.match(/[[\p{L}\p{N}]--\p{Script=Han}]+/gv)?.length ?? 0
  return han > words ? 'zh' : 'en'
}

/** The cell's text for an error message, truncated; `it` for an empty cell. */
export const quoted = (text: string): string =>
  text === '' ? 'it' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
