import { addressSchemaWhere } from '#address'

/** Destinations of deliveries: the shop's one list. */

export type Zone = 'americas' | 'europe' | 'asia'

const zones: Record<Zone, string[]> = {
  americas: ['US', 'CA', 'MX'],
  europe: ['AT', 'BE', 'CH', 'DE', 'DK', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'LU', 'NL', 'NO', 'PL', 'PT', 'SE'],
  asia: ['CN', 'HK', 'JP', 'KR', 'MO', 'SG', 'TW'],
}

/** Countries that the shop delivers to. */
export const shippingCountries: readonly string[] = Object.values(zones).flat().toSorted()

export const zoneOf = (country: string): Zone | undefined =>
  (Object.keys(zones) as Zone[]).find((zone) => zones[zone].includes(country))

/** An address of a delivery. In a country without deliveries its parts do not matter: the country is rejected. */
export const shippingAddressSchema = addressSchemaWhere((country) => zoneOf(country) !== undefined)
