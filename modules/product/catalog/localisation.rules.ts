import { sql, type SQL } from 'drizzle-orm'
import type { Config } from '#config'
import { AppError } from '#errors'
import { locales, type Locale, type Money } from '#schemas'
import type { Text } from '../draft.contract.ts'
import type { PriceFrom } from '../schema.ts'

/** Language and currencies of a response. */
export interface Localisation {
  locale: Locale
  /** In order of preference: the requested currency, then those of the shop. A price uses the first one it exists in. */
  currencies: string[]
}

/**
 * Localisation for a request; the language defaults to English.
 * @throws AppError `unsupported_currency` for a currency that the shop does not sell in.
 */
export function localisationOf(
  config: Config,
  input: { locale?: Locale | undefined; currency?: string | undefined },
): Localisation {
  const sold = config.SHOP_CURRENCIES
  if (input.currency !== undefined && !sold.includes(input.currency)) {
    throw new AppError('unsupported_currency', { field: 'currency', message: `The shop sells in ${sold.join(', ')}.` })
  }
  return {
    locale: input.locale ?? 'en',
    currencies: [...new Set([...(input.currency === undefined ? [] : [input.currency]), ...sold])],
  }
}

/** The requested language, then English, then any other. */
const localeOrder = (locale: Locale): Locale[] => [locale, ...locales.filter((other) => other !== locale)]

/** The text in the requested language, else in the first fallback language that has one; empty if none has. */
export function textIn(text: Text, locale: Locale): string {
  for (const each of localeOrder(locale)) if (text[each] !== undefined) return text[each]
  return ''
}

/** {@link textIn} in SQL, spelled exactly as the expression indexes in schema.ts. `column` must be a trusted name. */
export const sqlTextIn = (column: string, locale: Locale): SQL =>
  sql.raw(
    `coalesce(${localeOrder(locale)
      .map((each) => `${column} ->> '${each}'`)
      .join(', ')})`,
  )

/** The {@link PriceFrom} to show; null without a price in any of the shop's currencies. `column` must be a trusted name. */
export const sqlPriceIn = (column: string, localisation: Localisation): SQL =>
  sql`coalesce(${sql.join(
    localisation.currencies.map((currency) => sql`${sql.raw(column)} -> ${currency}::text`),
    sql`, `,
  )})`

/** The price of one variant, by the same order of currencies; null without a price in any of them. */
export function pricesIn(
  prices: Record<string, number>,
  compareAt: Record<string, number>,
  localisation: Localisation,
): { price: Money; compareAt: Money | null } | null {
  for (const currency of localisation.currencies) {
    const amount = prices[currency]
    if (amount !== undefined) return asMoney({ amount, currency, compareAt: compareAt[currency] ?? null })
  }
  return null
}

export const asMoney = ({ amount, currency, compareAt }: PriceFrom): { price: Money; compareAt: Money | null } => ({
  price: { amount, currency },
  compareAt: compareAt === null ? null : { amount: compareAt, currency },
})
