import type { CheckoutField, CheckoutFields, FieldErrors } from '../shop/checkout-fields.ts'
import { orderedFields } from '../shop/countries.ts'
import { useStore } from '../shop/store.ts'
import type { AddressField, AddressRules, ShopCountry } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { SelectField, TextField } from './field.tsx'

interface AddressFormProps {
  countries: readonly ShopCountry[]
  rules: AddressRules
  form: CheckoutFields
  errors: FieldErrors
  onChange: (field: CheckoutField, value: string) => void
}

/** The names by which browsers fill fields in, and the most characters that the shop takes. */
const attributes: Record<AddressField, { autoComplete: string; maxLength: number }> = {
  name: { autoComplete: 'shipping name', maxLength: 100 },
  company: { autoComplete: 'shipping organization', maxLength: 100 },
  line1: { autoComplete: 'shipping address-line1', maxLength: 200 },
  line2: { autoComplete: 'shipping address-line2', maxLength: 200 },
  city: { autoComplete: 'shipping address-level2', maxLength: 100 },
  region: { autoComplete: 'shipping address-level1', maxLength: 100 },
  postalCode: { autoComplete: 'shipping postal-code', maxLength: 20 },
}

/** The delivery address: the fields of its country, in the country's order and by its names. */
export function AddressForm({ countries, rules, form, errors, onChange }: AddressFormProps) {
  const text = useText()
  const { locale } = useStore(settings)
  const { country, compare } = useFormats()
  const fieldProps = (field: CheckoutField) => ({
    name: field,
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  })
  const labelOf = ({ name, label }: AddressRules['fields'][number]): string =>
    name === 'city' || name === 'region' || name === 'postalCode' ? capitalised(label[locale]) : text.form[name]
  return (
    <div className="form-grid">
      <SelectField label={text.form.country} autoComplete="shipping country" {...fieldProps('country')}>
        {countries
          .map(({ code }) => ({ code, name: country(code) }))
          .toSorted((a, b) => compare(a.name, b.name))
          .map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
      </SelectField>
      {orderedFields(rules, locale).map((field) =>
        field.name === 'region' && rules.regions.length > 0 ? (
          <RegionField
            key={field.name}
            label={labelOf(field)}
            regions={rules.regions}
            isOptional={!field.isRequired}
            {...fieldProps('region')}
          />
        ) : (
          <TextField
            key={field.name}
            label={labelOf(field)}
            isOptional={!field.isRequired}
            hint={field.name === 'line1' && form.country === 'CN' ? text.form.district : undefined}
            {...attributes[field.name]}
            {...fieldProps(field.name)}
          />
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

interface RegionFieldProps {
  label: string
  regions: AddressRules['regions']
  isOptional: boolean
  name: string
  value: string
  error: string | undefined
  onChange: (event: { target: { value: string } }) => void
}

/** States, provinces or prefectures: in Chinese by their own names and in their own order, in English by Latin ones. */
function RegionField({ regions, value, ...field }: RegionFieldProps) {
  const text = useText()
  const { locale } = useStore(settings)
  const { compare } = useFormats()
  const options = locale === 'zh' ? regions : regions.toSorted((a, b) => compare(a.latinName, b.latinName))
  const isListed = regions.some(({ name }) => name === value)
  return (
    <SelectField autoComplete={attributes.region.autoComplete} value={isListed ? value : ''} {...field}>
      <option value="">{text.form.choose}</option>
      {options.map(({ code, name, latinName }) => (
        <option key={code} value={name}>
          {locale === 'zh' ? name : latinName}
        </option>
      ))}
    </SelectField>
  )
}

const capitalised = (label: string): string => label.charAt(0).toUpperCase() + label.slice(1)
