import { countries, type CheckoutFields, type FieldErrors, type CheckoutField } from '../shop/checkout-fields.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { SelectField, TextField } from './field.tsx'

interface AddressFormProps {
  form: CheckoutFields
  errors: FieldErrors
  onChange: (field: CheckoutField, value: string) => void
}

/** The delivery address, with the names that browsers use for autofill. */
export function AddressForm({ form, errors, onChange }: AddressFormProps) {
  const text = useText()
  const { country } = useFormats()
  const fieldProps = (field: CheckoutField) => ({
    name: field,
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  })
  return (
    <div className="form-grid">
      <SelectField label={text.form.country} autoComplete="shipping country" {...fieldProps('country')}>
        {countries.map((code) => (
          <option key={code} value={code}>
            {country(code)}
          </option>
        ))}
      </SelectField>
      <TextField label={text.form.name} autoComplete="shipping name" maxLength={200} {...fieldProps('name')} />
      <TextField
        label={text.form.line1}
        autoComplete="shipping address-line1"
        maxLength={200}
        {...fieldProps('line1')}
      />
      <TextField
        label={text.form.line2}
        autoComplete="shipping address-line2"
        maxLength={200}
        isOptional
        {...fieldProps('line2')}
      />
      <div className="form-pair">
        <TextField
          label={text.form.postalCode}
          autoComplete="shipping postal-code"
          maxLength={20}
          hint={form.country === 'HK' ? text.form.postalCodeHongKong : undefined}
          {...fieldProps('postalCode')}
        />
        <TextField
          label={text.form.city}
          autoComplete="shipping address-level2"
          maxLength={100}
          {...fieldProps('city')}
        />
      </div>
      <TextField
        label={text.form.region}
        autoComplete="shipping address-level1"
        maxLength={100}
        isOptional
        {...fieldProps('region')}
      />
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
