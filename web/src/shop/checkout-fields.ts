import type { Text } from '../text/en.ts'
import type { Failure } from './failure.ts'
import { tabStore, readJson } from './storage.ts'
import type { Address, AddressField, AddressRules } from './types.ts'

/** The values of the checkout form; every field is text. A region is the name in its list. */
export type CheckoutFields = Record<CheckoutField, string>
export type CheckoutField = AddressField | 'country' | 'phone' | 'email'
export type FieldErrors = Partial<Record<CheckoutField, string>>

const emptyFields: CheckoutFields = {
  email: '',
  name: '',
  company: '',
  line1: '',
  line2: '',
  city: '',
  region: '',
  postalCode: '',
  country: '',
  phone: '',
}

export const checkoutFields = Object.keys(emptyFields) as CheckoutField[]

/** The values stored by this tab, so that a reload keeps them. */
export function savedFields(): CheckoutFields {
  const saved = readJson(tabStore, 'form')
  if (typeof saved !== 'object' || saved === null) return emptyFields
  return Object.fromEntries(
    checkoutFields.map((field) => {
      const value: unknown = Reflect.get(saved, field)
      return [field, typeof value === 'string' ? value : '']
    }),
  ) as CheckoutFields
}

/** Stores the values in this tab; null removes them. */
export const saveFields = (form: CheckoutFields | null): void =>
  tabStore.write('form', form === null ? null : JSON.stringify(form))

/** What an address has in a field. A region that is not in the country's list is absent: it was chosen for another country. */
function valueOf(form: CheckoutFields, field: CheckoutField, { regions }: AddressRules): string {
  const value = form[field].trim()
  if (field !== 'region' || regions.length === 0) return value
  return regions.find(({ name }) => name === value)?.code ?? ''
}

/** Required fields of the address that are empty. */
const missingFields = (form: CheckoutFields, rules: AddressRules): CheckoutField[] =>
  rules.fields.filter(({ name, isRequired }) => isRequired && valueOf(form, name, rules) === '').map(({ name }) => name)

/** The address, or null until all required fields are filled in. Only the fields of its country are part of it. */
export function completeAddress(form: CheckoutFields, rules: AddressRules): Address | null {
  if (missingFields(form, rules).length > 0) return null
  const fields: CheckoutField[] = [...rules.fields.map(({ name }) => name), 'country', 'phone']
  const given = fields.map((field) => [field, valueOf(form, field, rules)] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== '')) as unknown as Address
}

/** Errors that need no request: missing fields and a malformed email address. */
export function validateFields(
  text: Text,
  form: CheckoutFields,
  { rules, isGuest }: { rules: AddressRules; isGuest: boolean },
): FieldErrors {
  const errors: FieldErrors = {}
  for (const field of missingFields(form, rules)) errors[field] = text.form.required
  if (isGuest && form.email.trim() === '') errors.email = text.form.required
  else if (isGuest && !/^\S+@\S+\.\S+$/.test(form.email.trim())) errors.email = text.form.emailInvalid
  return errors
}

/** Errors of a failed request, by field, in the user's language. */
export function failureErrors(text: Text, failure: Failure, rules: AddressRules | undefined): FieldErrors {
  const known = failure.code === 'bad_input' ? undefined : text.failure.byCode[failure.code]
  return Object.fromEntries(
    failure.issues.map(({ field }) => {
      const name = field.replace(/^shippingAddress\./, '')
      return [name, known ?? invalidText(text, name, rules)]
    }),
  )
}

function invalidText({ form }: Text, field: string, rules: AddressRules | undefined): string {
  if (field === 'email') return form.emailInvalid
  const example = field === 'postalCode' ? rules?.postalCode?.example : undefined
  return example ? form.example(example) : form.invalid
}
