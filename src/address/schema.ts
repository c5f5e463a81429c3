import { z } from 'zod'
import { addressPartsSchema, type Address } from '#schemas'
import { checkAddress } from './check-address.ts'

/** Addresses that are complete and well-formed by the rules of their country, normalised. */
export const addressSchema = addressSchemaWhere(() => true)

/** The same, of which those in other countries are not checked, since they are rejected as a whole. */
export function addressSchemaWhere(isChecked: (country: string) => boolean) {
  return addressPartsSchema.transform((given, context): Address => {
    const parts = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== '')
    const address = Object.fromEntries(parts) as unknown as Address
    if (!isChecked(address.country)) return address
    const checked = checkAddress(address)
    if ('address' in checked) return checked.address
    for (const { field, en, zh } of checked.issues)
      context.issues.push({ code: 'custom', path: [field], message: en, params: { zh }, input: given[field] })
    return z.NEVER
  })
}
