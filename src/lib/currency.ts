/** Currencies of ISO 4217, as ICU knows them. */

const known = new Set(Intl.supportedValuesOf('currency'))

export const isKnownCurrency = (code: string): boolean => known.has(code)

/** Decimals of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
export function currencyDecimals(code: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
  return maximumFractionDigits ?? 2
}
