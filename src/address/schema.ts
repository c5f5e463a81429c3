import type { z } from 'zod'
import { addressPartsSchema, type Address } from '#schemas'
import { checkAddress } from './check-address.ts'

/** Addresses that are complete and well-formed by the rules of their country, normalised. */
export const addressSchema = addressSchemaWhere(() => true)

type Parts = z.infer<typeof addressPartsSchema>

/** The same, of which those in other countries are not checked, since they are rejected as a whole. */
export function addressSchemaWhere(isChecked: (country: string) => boolean) {
  return addressPartsSchema
    .superRefine(
      (given, context) => {
        const rejected = new Set(context.issues.map(({ path }) => path?.[0]))
        if (rejected.has('country') || !isChecked(given.country)) return
        const sound = Object.entries(given).filter(([field]) => !rejected.has(field))
        const checked = checkAddress(withoutBlanks(Object.fromEntries(sound) as Parts))
        if ('address' in checked) {
          context.value = checked.address
          return
        }
        for (const { field, en, zh } of checked.issues)
          if (!rejected.has(field))
            context.issues.push({ code: 'custom', path: [field], message: en, params: { zh }, input: given[field] })
      },
      // Beside other issues too: a form is told all that is wrong with it.
      { when: ({ value }) => typeof value === 'object' && value !== null && 'country' in value },
    )
    .transform(withoutBlanks)
}

function withoutBlanks(given: Parts): Address {
  const parts = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return Object.fromEntries(parts) as unknown as Address
}
