import type { Locale } from '#schemas'
import { priceMax, type ProductDraft } from '../draft.contract.ts'

/** Readers of single cells. Each gives the value, or as a string the reason why it has none. */

const stockMax = 10_000_000

/** Minor units of a currency with so many `digits`. Zeros beyond them are taken: Shopify writes yen with two decimals. */
export function parsePrice(text: string, digits: number): number | string {
  const [, whole, decimals = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined) return `${quoted(text)} ${whyNotPlain(text)}`
  if (decimals.length > Math.max(digits, 2) || /[1-9]/.test(decimals.slice(digits))) {
    return `${quoted(text)} has too many decimals; the currency has ${digits}`
  }
  const amount = Number(whole + decimals.slice(0, digits).padEnd(digits, '0'))
  return amount <= priceMax ? amount : `${quoted(text)} is more than the shop can charge`
}

function whyNotPlain(text: string): string {
  if (text === '') return 'is missing'
  if (/^-\s*[\d.]/.test(text)) return 'is negative'
  if (/^\d{1,3}([,.' ]\d{3})+([.,]\d+)?$/.test(text)) return 'has thousand separators; write it as 1299.00'
  if (/^\d+,\d+$/.test(text)) return 'has a decimal comma; write it as 1299.00'
  if (/^\d+(\.\d+)?e[+-]?\d+$/i.test(text)) return 'is in scientific notation; write it as 1299.00'
  return 'is not a plain number such as 1299.00'
}

/** Pieces; none given is 0. */
export function parseQuantity(text: string): number | string {
  if (text === '') return 0
  if (/^-\d/.test(text)) return `${quoted(text)} is negative`
  if (!/^\d+$/.test(text)) return `${quoted(text)} is not a whole number`
  return Number(text) <= stockMax ? Number(text) : `${quoted(text)} is more than ${stockMax} pieces`
}

const statuses = ['active', 'draft', 'archived'] as const

/** Shopify's status; none given is active. */
export function parseStatus(text: string): { value: ProductDraft['status'] } | string {
  const value = statuses.find((status) => status === (text.toLowerCase() || 'active'))
  return value === undefined ? `${quoted(text)} is not active, draft or archived` : { value }
}

export function parsePublished(text: string): boolean | string {
  if (/^(true|yes|1|)$/i.test(text)) return true
  return /^(false|no|0)$/i.test(text) ? false : `${quoted(text)} is neither TRUE nor FALSE`
}

/** Only what a browser may fetch as a picture: `javascript:`, `data:` and relative addresses are refused. */
export function parseImageUrl(text: string): { href: string } | string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
  return isWeb ? { href: url.href } : `${quoted(text)} is not an http or https address`
}

/** Chinese where Han characters outnumber the other words, so that a brand's name in Latin letters does not decide it. */
export function localeOf(text: string): Locale {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0
  const words = text.match(/[[\p{L}\p{N}]--\p{Script=Han}]+/gv)?.length ?? 0
  return han > words ? 'zh' : 'en'
}

export const quoted = (text: string): string =>
  text === '' ? 'it' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
