import type { Services } from '#services'
import type { Locale, Money } from '#schemas'

/** Money as a reader of this language writes it, such as `$1,299.00` or `¥1,299.00`. Amounts are minor units of two digits. */
export function moneyText({ amount, currency }: Money, locale: Locale): string {
  const key = `${locale} ${currency}`
  const format =
    formats.get(key) ?? new Intl.NumberFormat(locale === 'zh' ? 'zh-CN' : 'en-US', { style: 'currency', currency })
  // There are as many as the shop has languages and currencies, and each is dear to make.
  formats.set(key, format)
  return format.format(amount / 100)
}

const formats = new Map<string, Intl.NumberFormat>()

/** The page of an order; null where the shop does not know its own address. */
export const orderUrl = ({ SHOP_URL }: Services['config'], id: string): string | null =>
  SHOP_URL === undefined ? null : new URL(`/order/${id}`, SHOP_URL).href
