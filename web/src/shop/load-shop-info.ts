import { reviewCurrency } from '../text/settings.ts'
import { shop } from './client.ts'
import { cacheData } from './query-cache.ts'
import { isShopKnown, showShopInfo } from './shop-info.ts'

/** Longest wait of the first page of a first visit, ms. Without the settings it shows the base currency. */
const waitMs = 4_000

async function load(): Promise<void> {
  try {
    const info = await shop.shop.settings.query({}, { signal: AbortSignal.timeout(waitMs) })
    cacheData('shop settings', info)
    showShopInfo(info)
    reviewCurrency()
  } catch {
    // The next visit loads them.
  }
}

/** Loads the shop's settings. Only a first visit waits for them. */
export async function startShopInfo(): Promise<void> {
  const loading = load()
  if (!isShopKnown) await loading
}
