import type { Locale } from '#schemas'
import { chooseCurrency, chooseLocale, settings } from '../text/settings.ts'
import { cartStatus, recreateCart } from './cart.ts'
import { failureOf, type Failure } from './failure.ts'
import { createStore } from './store.ts'

/** A currency that the cart could not be changed to. */
interface RejectedCurrency {
  currency: string
  failure: Failure
  /** Title of the first line that is not sold in it, where that is the reason. */
  title: string | undefined
}

/** Set while the storefront and its cart keep their currency, because the cart could not be changed to the chosen one. */
export const rejectedCurrency = createStore<RejectedCurrency | null>(null)

/** Changes the currency of the cart, then of the pages, so that both are always the same. */
export async function changeCurrency(currency: string): Promise<void> {
  if (await changeCart(currency)) chooseCurrency(currency)
}

/** Changes the language; the cart keeps its currency where it cannot follow to that of the language's readers. */
export async function changeLocale(locale: Locale): Promise<void> {
  const { currency: kept } = settings.get()
  chooseLocale(locale)
  if (!(await changeCart(settings.get().currency))) chooseCurrency(kept)
}

async function changeCart(currency: string): Promise<boolean> {
  const { cart } = cartStatus.get()
  try {
    await recreateCart({ locale: settings.get().locale, currency })
    rejectedCurrency.set(null)
    return true
  } catch (error) {
    const failure = failureOf(error)
    const line = cart?.lines.find((_, index) => failure.issues.some(({ field }) => field === `lines.${index}.sku`))
    rejectedCurrency.set({ currency, failure, title: line?.title })
    return false
  }
}
