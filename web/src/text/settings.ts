import type { Locale } from '#schemas'
import { shopInfo } from '../shop/shop-info.ts'
import { localStore } from '../shop/storage.ts'
import { createStore } from '../shop/store.ts'

/** The language and currency of the storefront. */
export interface Settings {
  locale: Locale
  currency: string
}

/** Currency of a language's readers, where the shop sells in it. */
const usualCurrency = { en: 'USD', zh: 'CNY' } as const satisfies Record<Locale, string>

const isLocale = (value: string | null): value is Locale => value === 'en' || value === 'zh'
const isSold = (currency: string | null): currency is string =>
  shopInfo.get().currencies.some(({ code }) => code === currency)

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
  const usual = usualCurrency[locale]
  return [saved, usual].find(isSold) ?? shopInfo.get().currencies[0]?.code ?? usual
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
  if (!isSold(currency)) return
  localStore.write('currency', currency)
  settings.set({ ...settings.get(), currency })
}

/** Takes another currency where the shop no longer sells in the one that was chosen. */
export function reviewCurrency(): void {
  const { locale: current, currency } = settings.get()
  const next = currencyFor(current)
  if (next !== currency) settings.set({ locale: current, currency: next })
}
