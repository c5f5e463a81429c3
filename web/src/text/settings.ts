import type { Locale } from '#schemas'
import { lasting } from '../shop/storage.ts'
import { createStore } from '../shop/store.ts'

/** Language and currency of the pages. */
export interface Settings {
  locale: Locale
  currency: string
}

export const currencies = ['USD', 'EUR', 'CNY'] as const
const usualCurrency = { en: 'USD', zh: 'CNY' } as const satisfies Record<Locale, string>

const isLocale = (value: string | null): value is Locale => value === 'en' || value === 'zh'
const isCurrency = (value: string | null): value is string => (currencies as readonly (string | null)[]).includes(value)

/** The address's `?lang=` first, then what was chosen before, then what the browser asks for. */
function initialLocale(): Locale {
  const asked = new URLSearchParams(location.search).get('lang')
  if (isLocale(asked)) {
    lasting.write('locale', asked)
    return asked
  }
  const kept = lasting.read('locale')
  if (isLocale(kept)) return kept
  const first = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))
  return first?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en'
}

function currencyFor(locale: Locale): string {
  const kept = lasting.read('currency')
  return isCurrency(kept) ? kept : usualCurrency[locale]
}

const locale = initialLocale()
export const settings = createStore<Settings>({ locale, currency: currencyFor(locale) })

/** A currency that was never chosen follows the language. */
export function chooseLocale(next: Locale): void {
  lasting.write('locale', next)
  settings.set({ locale: next, currency: currencyFor(next) })
}

export function chooseCurrency(currency: string): void {
  if (!isCurrency(currency)) return
  lasting.write('currency', currency)
  settings.set({ ...settings.get(), currency })
}
