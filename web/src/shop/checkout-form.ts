import type { Text } from '../text/en.ts'
import type { Failure } from './failure.ts'
import { passing, readJson } from './storage.ts'
import type { Address } from './types.ts'

/** The form as it is being filled in; every field is text. */
export type CheckoutForm = Record<FormField, string>

export const addressFields = ['name', 'line1', 'line2', 'postalCode', 'city', 'region', 'country', 'phone'] as const
export type AddressField = (typeof addressFields)[number]
export type FormField = AddressField | 'email'
export type FieldErrors = Partial<Record<FormField, string>>

const optional: readonly FormField[] = ['line2', 'region', 'phone']

/** Where the shop delivers to, as far as this page offers it. */
export const countries = ['US', 'CA', 'GB', 'DE', 'FR', 'NL', 'ES', 'IT', 'CN', 'HK', 'TW', 'JP', 'SG'] as const

function usualCountry(): string {
  const regions = navigator.languages.map((tag) => tag.split('-').at(-1)?.toUpperCase())
  return countries.find((country) => regions.includes(country)) ?? (navigator.language.startsWith('zh') ? 'CN' : 'US')
}

/** What this tab was filled with before, so that a reload loses nothing. */
export function keptForm(): CheckoutForm {
  const kept = readJson(passing, 'form')
  const empty = {
    email: '',
    name: '',
    line1: '',
    line2: '',
    city: '',
    region: '',
    postalCode: '',
    country: usualCountry(),
    phone: '',
  }
  if (typeof kept !== 'object' || kept === null) return empty
  return Object.fromEntries(
    Object.entries(empty).map(([field, usual]) => {
      const value: unknown = Reflect.get(kept, field)
      return [field, typeof value === 'string' ? value : usual]
    }),
  ) as CheckoutForm
}

export const keepForm = (form: CheckoutForm | null): void =>
  passing.write('form', form === null ? null : JSON.stringify(form))

/** The address once all of it that must be there is there. */
export function addressOf(form: CheckoutForm): Address | null {
  const given = addressFields.map((field) => [field, form[field].trim()] as const)
  if (given.some(([field, value]) => value === '' && !optional.includes(field))) return null
  return Object.fromEntries(given.filter(([, value]) => value !== '')) as unknown as Address
}

/** What the reader can mend before we ask the shop. */
export function formErrors(text: Text, form: CheckoutForm, isGuest: boolean): FieldErrors {
  const fields: FormField[] = isGuest ? ['email', ...addressFields] : [...addressFields]
  const errors: FieldErrors = {}
  for (const field of fields) {
    if (form[field].trim() === '' && !optional.includes(field)) errors[field] = text.form.required
  }
  if (isGuest && errors.email === undefined && !/^\S+@\S+\.\S+$/.test(form.email.trim()))
    errors.email = text.form.emailInvalid
  return errors
}

/** What the shop found wrong, by field. Its sentences are English, so the dictionary's are shown where it has one. */
export function errorsOf(text: Text, failure: Failure): FieldErrors {
  const known = failure.code === 'bad_input' ? undefined : text.failure.byCode[failure.code]
  return Object.fromEntries(
    failure.issues.map(({ field }) => {
      const name = field.replace(/^shippingAddress\./, '')
      return [name, known ?? (name === 'email' ? text.form.emailInvalid : text.form.invalid)]
    }),
  )
}
