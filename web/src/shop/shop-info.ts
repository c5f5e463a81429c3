import { localStore, readJson } from './storage.ts'
import { createStore } from './store.ts'
import type { ShopSettings } from './types.ts'

/** The shop's own settings: its name, currencies, languages and countries. */

const unknownShop: ShopSettings = {
  name: document.title,
  currencies: [],
  languages: ['en', 'zh'],
  countries: [],
  payment: { methods: [] },
  isReadOnly: false,
}

/** As of the last visit, so that a page need not wait for them. */
function savedInfo(): ShopSettings | null {
  const saved = readJson(localStore, 'shop')
  return typeof saved === 'object' && saved !== null && 'currencies' in saved ? (saved as ShopSettings) : null
}

export const isShopKnown = savedInfo() !== null
export const shopInfo = createStore<ShopSettings>(savedInfo() ?? unknownShop)

export function showShopInfo(info: ShopSettings): void {
  localStore.write('shop', JSON.stringify(info))
  shopInfo.set(info)
}
