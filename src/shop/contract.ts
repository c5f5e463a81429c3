import { z } from 'zod'
import type { AddressRules, Currency, Locale } from '#schemas'

/** No parameters: unexpected fields are rejected, not ignored. */
export const settingsInput = z.strictObject({}).optional()

/** Outputs of `shop.*`. Imports only the shared schemas: the published client carries these types. */

export interface ShopCurrency {
  code: Currency
  /** Decimals of its minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
  decimals: number
}

export interface ShopCountry {
  /** ISO 3166 alpha-2. */
  code: string
  address: AddressRules
}

export interface ShopPaymentMethod {
  id: string
  /** `test` takes no real money. */
  mode: 'test' | 'live'
  /** Key of the provider's form in the browser; null where the shop has none. */
  publishableKey: string | null
}

/** What a client needs to know of the shop before anything else. */
export interface ShopSettings {
  name: string
  /** The first is the base currency. */
  currencies: ShopCurrency[]
  languages: Locale[]
  /** Countries that the shop delivers to. */
  countries: ShopCountry[]
  payment: { methods: ShopPaymentMethod[] }
  /** Whether the shop is in maintenance: it takes no orders and no changes. */
  isReadOnly: boolean
}
