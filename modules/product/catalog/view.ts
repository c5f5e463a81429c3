import { sql, type SQL } from 'drizzle-orm'
import type { Config } from '#config'
import { AppError } from '#errors'
import { locales, type Locale, type Money } from '#schemas'
import type { Text } from '../draft.contract.ts'
import type { PriceFrom } from '../schema.ts'

/** In which language and currency an answer is given. */
export interface View {
  locale: Locale
  /** The asked one first, then the shop's in its order: a price is answered in the first of these that exists. */
  currencies: string[]
}

/** @throws AppError `unsupported_currency` */
export function viewOf(config: Config, input: { locale?: Locale | undefined; currency?: string | undefined }): View {
  const sold = config.SHOP_CURRENCIES
  if (input.currency !== undefined && !sold.includes(input.currency)) {
    throw new AppError('unsupported_currency', { field: 'currency', message: `The shop sells in ${sold.join(', ')}.` })
  }
  return {
    locale: input.locale ?? 'en',
    currencies: [...new Set([...(input.currency === undefined ? [] : [input.currency]), ...sold])],
  }
}

/** The language asked for, then English, then any. */
const localeOrder = (locale: Locale): Locale[] => [locale, ...locales.filter((other) => other !== locale)]

export function textIn(text: Text, locale: Locale): string {
  for (const each of localeOrder(locale)) if (text[each] !== undefined) return text[each]
  return ''
}

/** {@link textIn} in SQL, in the very words of the indexes in schema.ts. `column` is a trusted name. */
export const sqlTextIn = (column: string, locale: Locale): SQL =>
  sql.raw(
    `coalesce(${localeOrder(locale)
      .map((each) => `${column} ->> '${each}'`)
      .join(', ')})`,
  )

/** The {@link PriceFrom} to show, null when it has no price in any of the shop's currencies. `column` is a trusted name. */
export const sqlPriceIn = (column: string, view: View): SQL =>
  sql`coalesce(${sql.join(
    view.currencies.map((currency) => sql`${sql.raw(column)} -> ${currency}::text`),
    sql`, `,
  )})`

/** The price of one variant, by the same order; null when it has none that the shop sells in. */
export function pricesIn(
  prices: Record<string, number>,
  compareAt: Record<string, number>,
  view: View,
): { price: Money; compareAt: Money | null } | null {
  for (const currency of view.currencies) {
    const amount = prices[currency]
    if (amount !== undefined) return asMoney({ amount, currency, compareAt: compareAt[currency] ?? null })
  }
  return null
}

export const asMoney = ({ amount, currency, compareAt }: PriceFrom): { price: Money; compareAt: Money | null } => ({
  price: { amount, currency },
  compareAt: compareAt === null ? null : { amount: compareAt, currency },
})
