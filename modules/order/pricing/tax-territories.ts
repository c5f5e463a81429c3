import type { Address } from '#schemas'

/**
 * Territories with a tax of their own, which an address shows by its postal code alone. In per mille; 0 is outside the
 * country's VAT. Sources: Council Directive 2006/112/EC, articles 6 and 104 and 105; the countries' postal codes. As of
 * November 2026.
 */
interface Territory {
  name: string
  country: string
  postalCodes: RegExp
  perMille: number
}

const taxTerritories: readonly Territory[] = [
  { name: 'Jungholz and Mittelberg', country: 'AT', postalCodes: /^(6691|699[1-3])$/, perMille: 190 },
  { name: 'Samnaun', country: 'CH', postalCodes: /^756[23]$/, perMille: 0 },
  { name: 'Büsingen', country: 'DE', postalCodes: /^78266$/, perMille: 0 },
  { name: 'Heligoland', country: 'DE', postalCodes: /^27498$/, perMille: 0 },
  { name: 'Greenland', country: 'DK', postalCodes: /^39\d\d$/, perMille: 0 },
  { name: 'Faroe Islands', country: 'DK', postalCodes: /^\d{3}$/, perMille: 0 },
  { name: 'Canary Islands', country: 'ES', postalCodes: /^(35|38)\d{3}$/, perMille: 0 },
  { name: 'Ceuta and Melilla', country: 'ES', postalCodes: /^5[12]\d{3}$/, perMille: 0 },
  { name: 'Åland', country: 'FI', postalCodes: /^22\d{3}$/, perMille: 0 },
  { name: 'French overseas territories', country: 'FR', postalCodes: /^9[78]\d{3}$/, perMille: 0 },
  { name: 'Channel Islands', country: 'GB', postalCodes: /^(JE|GY)\d/, perMille: 0 },
  { name: 'Mount Athos', country: 'GR', postalCodes: /^630 ?8[67]$/, perMille: 0 },
  { name: 'Livigno', country: 'IT', postalCodes: /^230(30|41)$/, perMille: 0 },
  { name: "Campione d'Italia", country: 'IT', postalCodes: /^2206[01]$/, perMille: 0 },
  { name: 'Svalbard and Jan Mayen', country: 'NO', postalCodes: /^(917\d|8099)$/, perMille: 0 },
  { name: 'Madeira', country: 'PT', postalCodes: /^9[0-4]\d\d-?\d{3}$/, perMille: 220 },
  { name: 'Azores', country: 'PT', postalCodes: /^9[5-9]\d\d-?\d{3}$/, perMille: 160 },
]

/** The territory of an address; undefined where the country's own tax is due. */
export const taxTerritoryOf = ({ country, postalCode }: Pick<Address, 'country' | 'postalCode'>) =>
  postalCode === undefined
    ? undefined
    : taxTerritories.find((one) => one.country === country && one.postalCodes.test(postalCode))
