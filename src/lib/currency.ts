import type { Locale } from './locale.ts'

/** Currencies of ISO 4217 and their minor units, in which the shop counts all money. */

/** `amount` in minor units (cents, fen), an integer. */
export interface Money {
  amount: number
  currency: string
}

const known = new Set(Intl.supportedValuesOf('currency'))

export const isKnownCurrency = (code: string): boolean => known.has(code)

/**
 * Decimals of ISO 4217 where they are not 2. Kept here since stored amounts depend on them: ICU's own decimals are those
 * in use, such as 0 for HUF, and change from release to release.
 */
const unusualDecimals: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
}

/** Decimals of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
export const currencyDecimals = (code: string): number => unusualDecimals[code] ?? 2

/**
 * Smallest amount that a card can be charged, minor units: prices, totals and refunds are multiples of it. Card networks
 * carry two decimals at most, and the ariary (MGA) without its fifths.
 */
export const payableStep = (code: string): number =>
  code === 'MGA' ? 100 : 10 ** Math.max(0, currencyDecimals(code) - 2)

export const isPayable = ({ amount, currency }: Money): boolean => amount % payableStep(currency) === 0

/** The nearest amount that a card can be charged, half up. */
export function roundToPayable(amountMinor: number, currency: string): number {
  const step = payableStep(currency)
  return Math.floor(amountMinor / step + 0.5) * step
}

// Making a format is expensive; there are only as many as the shop has pairs of language and currency.
const formats = new Map<string, Intl.NumberFormat>()

/**
 * Money as it is written in this language: `$1,299.00`, `¥1,299`, `KWD 1.250`. Decimals that are not in use, such as those
 * of HUF, are written only where they are not 0.
 */
export function formatMoney({ amount, currency }: Money, locale: Locale): string {
  const key = `${locale} ${currency}`
  const format = formats.get(key) ?? moneyFormat(currency, locale)
  formats.set(key, format)
  return format.format(amount / 10 ** currencyDecimals(currency))
}

function moneyFormat(currency: string, locale: Locale): Intl.NumberFormat {
  const tag = locale === 'zh' ? 'zh-CN' : 'en-US'
  const usual = new Intl.NumberFormat(tag, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  const decimals = currencyDecimals(currency)
  return new Intl.NumberFormat(tag, {
    style: 'currency',
    currency,
    minimumFractionDigits: Math.min(usual, decimals),
    maximumFractionDigits: decimals,
  })
}
