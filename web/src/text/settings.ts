import type { Locale } from '#schemas'
import { localStore } from '../shop/storage.ts'
import { createStore } from '../shop/store.ts'

/** The language and currency of the storefront. */
export interface Settings {
  locale: Locale
  currency: string
}

export const currencies = ['USD', 'EUR', 'CNY'] as const
const defaultCurrency = { en: 'USD', zh: 'CNY' } as const satisfies Record<Locale, string>

const isLocale = (value: string | null): value is Locale => value === 'en' || value === 'zh'
const isCurrency = (value: string | null): value is string => (currencies as readonly (string | null)[]).includes(value)

/** In order of precedence: `?lang=` of the address, the language chosen before, the browser's languages. */
function initialLocale(): Locale {
  const requested = new URLSearchParams(location.search).get('lang')
  if (isLocale(requested)) {
    localStore.write('locale', requested)
    return requested
  }
  const saved = localStore.read('locale')
  if (isLocale(saved)) return saved
  const first = navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag))
  return first?.toLowerCase().startsWith('zh') === true ? 'zh' : 'en'
}

function currencyFor(locale: Locale): string {
  const saved = localStore.read('currency')
  return isCurrency(saved) ? saved : defaultCurrency[locale]
}

const locale = initialLocale()
export const settings = createStore<Settings>({ locale, currency: currencyFor(locale) })

/** Changes the language. The currency follows it until the user has chosen one. */
export function chooseLocale(next: Locale): void {
  localStore.write('locale', next)
  settings.set({ locale: next, currency: currencyFor(next) })
}

/** Changes the currency; unknown currencies are ignored. */
export function chooseCurrency(currency: string): void {
  if (!isCurrency(currency)) return
  localStore.write('currency', currency)
  settings.set({ ...settings.get(), currency })
}
