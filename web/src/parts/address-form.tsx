import { rulesOf, valueOf, type CheckoutField, type CheckoutFields, type FieldErrors } from '../shop/checkout-fields.ts'
import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'
import type { AddressField, AddressRules } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { SelectField, TextField } from './field.tsx'

interface AddressFormProps {
  form: CheckoutFields
  errors: FieldErrors
  onChange: (field: CheckoutField, value: string) => void
}

type FieldRule = AddressRules['fields'][number]

/** Fields side by side: a postal code with its neighbour. */
function rowsOf(fields: readonly FieldRule[]): FieldRule[][] {
  const rows: FieldRule[][] = []
  for (const field of fields) {
    const row = rows.at(-1)
    const neighbour = row?.length === 1 ? row[0]?.name : undefined
    const names = [neighbour, field.name]
    if (row && names.includes('postalCode') && names.some((name) => name === 'city' || name === 'region'))
      row.push(field)
    else rows.push([field])
  }
  return rows
}

const autoComplete: Record<AddressField, string> = {
  name: 'name',
  company: 'organization',
  line1: 'address-line1',
  line2: 'address-line2',
  city: 'address-level2',
  region: 'address-level1',
  postalCode: 'postal-code',
}
const lengths: Record<AddressField, number> = {
  name: 100,
  company: 100,
  line1: 200,
  line2: 200,
  city: 100,
  region: 100,
  postalCode: 20,
}

/** The delivery address with the fields of its country, and the names that browsers use for autofill. */
export function AddressForm({ form, errors, onChange }: AddressFormProps) {
  const text = useText()
  const { locale } = useStore(settings)
  const { countries } = useStore(shopInfo)
  const { country, collator } = useFormats()
  const rules = rulesOf(form.country)
  const fieldProps = (field: CheckoutField) => ({
    name: field,
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  })
  const sorted = countries
    .map(({ code }) => ({ code, name: country(code) }))
    .toSorted((one, other) => collator.compare(one.name, other.name))

  function addressField({ name, isRequired, label }: FieldRule, { regions, postalCode }: AddressRules) {
    const common = { ...fieldProps(name), autoComplete: `shipping ${autoComplete[name]}` }
    if (name === 'region' && regions.length > 0) {
      const named = regions.map((region) => ({ code: region.code, label: regionName(region, locale) }))
      return (
        <SelectField
          key={name}
          label={capitalised(label[locale])}
          isOptional={!isRequired}
          {...common}
          value={valueOf(form, 'region', { regions })}
        >
          <option value="">{text.form.choose}</option>
          {named
            .toSorted((one, other) => collator.compare(one.label, other.label))
            .map((region) => (
              <option key={region.code} value={region.code}>
                {region.label}
              </option>
            ))}
        </SelectField>
      )
    }
    const own =
      name === 'name' || name === 'company' || name === 'line1' || name === 'line2' ? text.form[name] : undefined
    const hint = name === 'postalCode' && postalCode?.example ? text.form.example(postalCode.example) : undefined
    return (
      <TextField
        key={name}
        label={own ?? capitalised(label[locale])}
        maxLength={lengths[name]}
        isOptional={!isRequired}
        hint={hint}
        {...common}
      />
    )
  }

  return (
    <div className="form-grid">
      <SelectField label={text.form.country} autoComplete="shipping country" {...fieldProps('country')}>
        {sorted.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </SelectField>
      {rules !== undefined &&
        rowsOf(rules.fields).map((row) =>
          row.length === 1 ? (
            row.map((field) => addressField(field, rules))
          ) : (
            <div key={row.map(({ name }) => name).join('-')} className={`form-pair form-pair-${row[0]?.name}`}>
              {row.map((field) => addressField(field, rules))}
            </div>
          ),
        )}
      <TextField
        label={text.form.phone}
        type="tel"
        autoComplete="shipping tel"
        maxLength={40}
        hint={text.form.phoneHint}
        isOptional
        {...fieldProps('phone')}
      />
    </div>
  )
}

const capitalised = (label: string): string => label.charAt(0).toUpperCase() + label.slice(1)

/** In Chinese where the region has a Chinese name, else in Latin script. */
const regionName = ({ name, latinName }: AddressRules['regions'][number], locale: 'en' | 'zh'): string =>
  locale === 'zh' && /\p{Script=Han}/u.test(name) ? name : latinName
