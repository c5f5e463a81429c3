import { z } from 'zod'
import { addressPartsSchema, type Address } from '#schemas'
import { checkAddress } from './check-address.ts'

/** An address that is complete and well-formed by the rules of its country, normalised. */
export const addressSchema = addressPartsSchema.transform((given, context): Address => {
  const parts = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const checked = checkAddress(Object.fromEntries(parts) as unknown as Address)
  if ('address' in checked) return checked.address
  for (const { field, en, zh } of checked.issues)
    context.issues.push({ code: 'custom', path: [field], message: en, params: { zh }, input: given[field] })
  return z.NEVER
})
