import { cachedProcedure, router } from '#rpc'
import type { Config } from '#config'
import { settingsInput, type ShopSettings } from './contract.ts'
import { shopSettings } from './settings.ts'

/** `shop.*`: facts about the shop. @param countries codes of the countries that the shop delivers to */
export function createShopRouter(config: Config, countries: readonly string[]) {
  const settings = shopSettings(config, countries)
  return router({
    /** Name, currencies, languages, countries with their address rules, and payment methods. */
    settings: cachedProcedure('shop')
      .input(settingsInput)
      .query((): ShopSettings => settings),
  })
}
