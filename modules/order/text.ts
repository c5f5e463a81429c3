import type { Locale, Money } from '#shapes'

/** Money as a reader of this language writes it, such as `$1,299.00` or `¥1,299.00`. Amounts are minor units of two digits. */
export const moneyText = ({ amount, currency }: Money, locale: Locale): string =>
  new Intl.NumberFormat(locale === 'zh' ? 'zh-CN' : 'en-US', { style: 'currency', currency }).format(amount / 100)
