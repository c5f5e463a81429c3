import { currencyDecimals, formatMoney, isPayable, payableStep } from '#lib/currency'
import { priceMax, type ProductDraft } from '../draft.contract.ts'

/** Parsers of single cells. Each returns the value, or a string with the reason why the cell is invalid. */

const stockMax = 10_000_000

/** Notation of prices in a file. */
export interface PriceFormat {
  currency: string
  /** Whether `12,50` is a price too, as in files whose separator is a semicolon. */
  hasDecimalComma: boolean
}

/** Price in minor units. Accepts surplus zeros: Shopify writes yen with two decimals. */
export function parsePrice(text: string, { currency, hasDecimalComma }: PriceFormat): number | string {
  const digits = currencyDecimals(currency)
  const number = hasDecimalComma && /^\d+,\d{1,2}$/.test(text) ? text.replace(',', '.') : text
  const [, whole, decimals = ''] = /^(\d+)(?:\.(\d+))?$/.exec(number) ?? []
  if (whole === undefined) return `${quoted(text)} ${priceFormatProblem(text)}`
  if (decimals.length > Math.max(digits, 2) || /[1-9]/.test(decimals.slice(digits))) {
    return `${quoted(text)} has too many decimals; the currency has ${digits}`
  }
  const amount = Number(whole + decimals.slice(0, digits).padEnd(digits, '0'))
  if (amount > priceMax) return `${quoted(text)} is more than the shop can charge`
  const step = { amount: payableStep(currency), currency }
  return isPayable({ amount, currency }) ? amount : `${quoted(text)} is not a multiple of ${formatMoney(step, 'en')}`
}

function priceFormatProblem(text: string): string {
  if (text === '') return 'is missing'
  if (/^-\s*[\d.]/.test(text)) return 'is negative'
  if (/^\d{1,3}([,.' ]\d{3})+([.,]\d+)?$/.test(text)) return 'has thousand separators; write it as 1299.00'
  if (/^\d+,\d+$/.test(text)) return 'has a decimal comma; write it as 1299.00'
  if (/^\d+(\.\d+)?e[+-]?\d+$/i.test(text)) return 'is in scientific notation; write it as 1299.00'
  return 'is not a plain number such as 1299.00'
}

/**
 * Quantity in units; null for an empty cell. A negative quantity, which Shopify exports for an oversold variant, is none
 * in stock.
 */
export function parseQuantity(text: string): { units: number; isNegative: boolean } | null | string {
  if (text === '') return null
  const [, sign, digits] = /^([-\u2212]?)(\d+)(?:[.,]0{0,2})?$/.exec(text) ?? []
  if (digits === undefined) return `${quoted(text)} is not a whole number`
  if (sign !== '') return { units: 0, isNegative: Number(digits) > 0 }
  return Number(digits) <= stockMax
    ? { units: Number(digits), isNegative: false }
    : `${quoted(text)} is more than ${stockMax} units`
}

const statuses = ['active', 'draft', 'archived', 'unlisted'] as const

/** Shopify's product status; an empty cell is `active`. */
export function parseStatus(text: string): { value: ProductDraft['status'] } | string {
  const value = statuses.find((status) => status === (text.toLowerCase() || 'active'))
  return value === undefined ? `${quoted(text)} is not active, draft, archived or unlisted` : { value }
}

/** Shopify's published flag; an empty cell is true. */
export function parsePublished(text: string): boolean | string {
  if (/^(true|yes|1|)$/i.test(text)) return true
  return /^(false|no|0)$/i.test(text) ? false : `${quoted(text)} is neither TRUE nor FALSE`
}

/**
 * Absolute http or https URLs of images, several of them separated by commas, semicolons, bars or white space;
 * `javascript:`, `data:` and relative URLs are rejected.
 */
export function parseImageUrls(text: string): string[] | string {
  const urls = text.split(/(?:\s*[,;|]\s*|\s+)(?=https?:)/i).map((part) => part.replace(/[\s,;|]+$/, ''))
  const invalid = urls.find((url) => !isWebUrl(url))
  return invalid === undefined
    ? urls.map((url) => new URL(url).href)
    : `${quoted(invalid)} is not an http or https address`
}

const isWebUrl = (text: string): boolean => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text)

/** The cell's text for an error message, truncated; `it` for an empty cell. */
export const quoted = (text: string): string =>
  text === '' ? 'it' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
