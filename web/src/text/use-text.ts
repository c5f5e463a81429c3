import type { Locale, Money } from '#schemas'
import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'
import { en, type Text } from './en.ts'
import { settings } from './settings.ts'
import { zh } from './zh.ts'

const texts: Record<Locale, Text> = { en, zh }
const tags: Record<Locale, string> = { en: 'en', zh: 'zh-CN' }

/** All texts of the pages in the chosen language. */
export const useText = (): Text => texts[useStore(settings).locale]

/** BCP 47 tag of a language, for `<html lang>`. */
export const languageTag = (locale: Locale): string => tags[locale]

/** Formatters for money, times and countries in the user's language. */
export function useFormats() {
  const { locale } = useStore(settings)
  const tag = locale === 'en' ? 'en-US' : 'zh-CN'
  return {
    money({ amount, currency }: Money): string {
      const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const
      const usual = new Intl.NumberFormat(tag, style).resolvedOptions().maximumFractionDigits ?? 2
      // The shop's decimals, not the browser's: those of a currency differ between browsers.
      const decimals = shopInfo.get().currencies.find(({ code }) => code === currency)?.decimals ?? usual
      const format = new Intl.NumberFormat(tag, {
        ...style,
        minimumFractionDigits: Math.min(usual, decimals),
        maximumFractionDigits: decimals,
      })
      return format.format(amount / 10 ** decimals)
    },
    dateTime: (at: string): string =>
      new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at)),
    time: (at: string): string => new Intl.DateTimeFormat(tag, { timeStyle: 'short' }).format(new Date(at)),
    collator: new Intl.Collator(tag),
    country: (code: string): string => new Intl.DisplayNames([tag], { type: 'region' }).of(code) ?? code,
  }
}
