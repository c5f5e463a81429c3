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

/**
 * In order of precedence: `?lang=` of an address that was followed, the language chosen before, the browser's languages.
 * A reload and the history keep the language chosen since.
 */
function initialLocale(): Locale {
  const requested = new URLSearchParams(location.search).get('lang')
  const saved = localStore.read('locale')
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  const isFollowed = navigation === undefined || navigation.type === 'navigate'
  if (isLocale(requested) && (isFollowed || !isLocale(saved))) {
    localStore.write('locale', requested)
    return requested
  }
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
  const address = new URL(location.href)
  if (address.searchParams.has('lang')) {
    address.searchParams.set('lang', next)
    history.replaceState(history.state, '', address)
  }
  settings.set({ locale: next, currency: currencyFor(next) })
}

/** Changes the currency; unknown currencies are ignored. */
export function chooseCurrency(currency: string): void {
  if (!isCurrency(currency)) return
  localStore.write('currency', currency)
  settings.set({ ...settings.get(), currency })
}
