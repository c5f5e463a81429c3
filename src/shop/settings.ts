import { addressRulesOf } from '#address'
import type { Config } from '#config'
import { currencyDecimals } from '#lib/currency'
import { locales } from '#schemas'
import type { ShopSettings } from './contract.ts'

/** Settings that every client may read. @param countries codes of the countries that the shop delivers to */
export function shopSettings(config: Config, countries: readonly string[]): ShopSettings {
  return {
    name: config.SHOP_NAME,
    currencies: config.SHOP_CURRENCIES.map((code) => ({ code, decimals: currencyDecimals(code) })),
    languages: [...locales],
    countries: countries.flatMap((code) => {
      const address = addressRulesOf(code)
      return address === undefined ? [] : [{ code, address }]
    }),
    payment: {
      methods: [{ id: 'card', mode: paymentMode(config), publishableKey: config.PAYMENT_PUBLISHABLE_KEY ?? null }],
    },
    isReadOnly: config.READ_ONLY,
  }
}

/** Stripe's keys name their mode; without one the sandbox provider is used. */
const paymentMode = ({ PAYMENT_SECRET_KEY: key }: Config): 'test' | 'live' =>
  key !== undefined && /^[rs]k_live_/.test(key) ? 'live' : 'test'
