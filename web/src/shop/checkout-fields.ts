import type { Text } from '../text/en.ts'
import type { Failure } from './failure.ts'
import { tabStore, readJson } from './storage.ts'
import type { Address } from './types.ts'

/** The values of the checkout form; every field is text. */
export type CheckoutFields = Record<CheckoutField, string>

export const addressFields = ['name', 'line1', 'line2', 'postalCode', 'city', 'region', 'country', 'phone'] as const
export type AddressField = (typeof addressFields)[number]
export type CheckoutField = AddressField | 'email'
export type FieldErrors = Partial<Record<CheckoutField, string>>

const optionalFields: readonly CheckoutField[] = ['line2', 'region', 'phone']

/** Delivery countries that the checkout offers. */
export const countries = ['US', 'CA', 'GB', 'DE', 'FR', 'NL', 'ES', 'IT', 'CN', 'HK', 'TW', 'JP', 'SG'] as const

function defaultCountry(): string {
  const regions = navigator.languages.map((tag) => tag.split('-').at(-1)?.toUpperCase())
  return countries.find((country) => regions.includes(country)) ?? (navigator.language.startsWith('zh') ? 'CN' : 'US')
}

/** The values stored by this tab, so that a reload keeps them; defaults otherwise. */
export function savedFields(): CheckoutFields {
  const saved = readJson(tabStore, 'form')
  const empty = {
    email: '',
    name: '',
    line1: '',
    line2: '',
    city: '',
    region: '',
    postalCode: '',
    country: defaultCountry(),
    phone: '',
  }
  if (typeof saved !== 'object' || saved === null) return empty
  return Object.fromEntries(
    Object.entries(empty).map(([field, defaultValue]) => {
      const value: unknown = Reflect.get(saved, field)
      return [field, typeof value === 'string' ? value : defaultValue]
    }),
  ) as CheckoutFields
}

/** Stores the values in this tab; null removes them. */
export const saveFields = (form: CheckoutFields | null): void =>
  tabStore.write('form', form === null ? null : JSON.stringify(form))

/** The address, or null until all required fields are filled in. */
export function completeAddress(form: CheckoutFields): Address | null {
  const given = addressFields.map((field) => [field, form[field].trim()] as const)
  if (given.some(([field, value]) => value === '' && !optionalFields.includes(field))) return null
  return Object.fromEntries(given.filter(([, value]) => value !== '')) as unknown as Address
}

/** Errors that need no request: missing fields and a malformed email address. */
export function validateFields(text: Text, form: CheckoutFields, isGuest: boolean): FieldErrors {
  const fields: CheckoutField[] = isGuest ? ['email', ...addressFields] : [...addressFields]
  const errors: FieldErrors = {}
  for (const field of fields) {
    if (form[field].trim() === '' && !optionalFields.includes(field)) errors[field] = text.form.required
  }
  if (isGuest && errors.email === undefined && !/^\S+@\S+\.\S+$/.test(form.email.trim()))
    errors.email = text.form.emailInvalid
  return errors
}

/** Errors of a failed request, by field. The shop's messages are English, so they are replaced by texts of the user's language. */
export function failureErrors(text: Text, failure: Failure): FieldErrors {
  const known = failure.code === 'bad_input' ? undefined : text.failure.byCode[failure.code]
  return Object.fromEntries(
    failure.issues.map(({ field }) => {
      const name = field.replace(/^shippingAddress\./, '')
      return [name, known ?? (name === 'email' ? text.form.emailInvalid : text.form.invalid)]
    }),
  )
}
