import type { Text } from '../text/en.ts'
import type { Failure } from './failure.ts'
import { shopInfo } from './shop-info.ts'
import { tabStore, readJson } from './storage.ts'
import type { Address, AddressField, AddressRules } from './types.ts'

/** The values of the checkout form; every field is text. */
export type CheckoutField = AddressField | 'country' | 'phone' | 'email'
export type CheckoutFields = Record<CheckoutField, string>
export type FieldErrors = Partial<Record<CheckoutField, string>>

/** Rules of a country's addresses; undefined where the shop does not deliver. */
export const rulesOf = (country: string): AddressRules | undefined =>
  shopInfo.get().countries.find(({ code }) => code === country)?.address

/** The country of the browser's languages, where the shop delivers there. */
function defaultCountry(): string {
  const codes = shopInfo.get().countries.map(({ code }) => code)
  const regions = navigator.languages.map((tag) => tag.split('-').at(-1)?.toUpperCase())
  const usual = navigator.language.startsWith('zh') ? 'CN' : 'US'
  return [...regions, usual].find((code) => code !== undefined && codes.includes(code)) ?? codes[0] ?? usual
}

/** The values stored by this tab, so that a reload keeps them; defaults otherwise. */
export function savedFields(): CheckoutFields {
  const saved = readJson(tabStore, 'form')
  const empty = {
    email: '',
    name: '',
    company: '',
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

/** The field as it is sent: blank where another country's region is chosen, which this country does not have. */
export function valueOf(
  form: CheckoutFields,
  field: CheckoutField,
  { regions }: Pick<AddressRules, 'regions'>,
): string {
  const value = form[field].trim()
  return field === 'region' && regions.length > 0 && !regions.some(({ code }) => code === value) ? '' : value
}

/** The address, or null until it can be complete. Fields that the country does not use are kept, and not sent. */
export function completeAddress(form: CheckoutFields): Address | null {
  const rules = rulesOf(form.country)
  if (rules === undefined || Object.keys(addressErrors(form, rules)).length > 0) return null
  const fields = [...rules.fields.map(({ name }) => name), 'phone' as const]
  const given = fields.map((field) => [field, valueOf(form, field, rules)]).filter(([, value]) => value !== '')
  return { ...(Object.fromEntries(given) as Omit<Address, 'country'>), country: form.country }
}

type Problem = 'missing' | 'malformed'

function addressErrors(form: CheckoutFields, rules: AddressRules): Partial<Record<AddressField, Problem>> {
  const errors: Partial<Record<AddressField, Problem>> = {}
  for (const { name, isRequired } of rules.fields) {
    const value = valueOf(form, name, rules)
    if (value === '' && isRequired) errors[name] = 'missing'
    if (value !== '' && name === 'postalCode' && !canBePostalCode(value, rules)) errors[name] = 'malformed'
  }
  return errors
}

/** Whether the shop can make a postal code of it: blanks and dashes do not matter. */
function canBePostalCode(value: string, { postalCode }: AddressRules): boolean {
  if (postalCode === null) return true
  const signs = (text: string): string => text.replace(/[^A-Z0-9]/g, '')
  const plain = value.normalize('NFKC').toUpperCase()
  const pattern = new RegExp(postalCode.pattern)
  return pattern.test(plain) || pattern.test(signs(plain)) || signs(plain).length === signs(postalCode.example).length
}

/** Errors that need no request: missing fields, and a malformed postal code or e-mail address. */
export function validateFields(text: Text, form: CheckoutFields, isGuest: boolean): FieldErrors {
  const rules = rulesOf(form.country)
  const texts = {
    missing: text.form.required,
    malformed: text.form.example(rules?.postalCode?.example ?? ''),
  }
  const errors: FieldErrors = Object.fromEntries(
    Object.entries(rules === undefined ? {} : addressErrors(form, rules)).map(([field, what]) => [field, texts[what]]),
  )
  if (isGuest && form.email.trim() === '') errors.email = text.form.required
  else if (isGuest && !/^\S+@\S+$/.test(form.email.trim())) errors.email = text.form.emailInvalid
  return errors
}

/** Errors of a failed request, by field, in the language of the page. */
export function failureErrors(text: Text, failure: Failure): FieldErrors {
  const known = failure.code === 'bad_input' ? undefined : text.failure.byCode[failure.code]
  return Object.fromEntries(
    failure.issues.map(({ field, message }) => [field.replace(/^shippingAddress\./, ''), known ?? message]),
  )
}
