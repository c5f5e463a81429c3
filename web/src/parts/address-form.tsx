import { countries, type CheckoutForm, type FieldErrors, type FormField } from '../shop/checkout-form.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { SelectField, TextField } from './field.tsx'

interface AddressFormProps {
  form: CheckoutForm
  errors: FieldErrors
  onChange: (field: FormField, value: string) => void
}

/** Where it shall go, with the names that browsers fill in by themselves. */
export function AddressForm({ form, errors, onChange }: AddressFormProps) {
  const text = useText()
  const { country } = useFormats()
  const wire = (field: FormField) => ({
    name: field,
    value: form[field],
    error: errors[field],
    onChange: (event: { target: { value: string } }) => onChange(field, event.target.value),
  })
  return (
    <div className="form-grid">
      <SelectField label={text.form.country} autoComplete="shipping country" {...wire('country')}>
        {countries.map((code) => (
          <option key={code} value={code}>
            {country(code)}
          </option>
        ))}
      </SelectField>
      <TextField label={text.form.name} autoComplete="shipping name" maxLength={200} {...wire('name')} />
      <TextField label={text.form.line1} autoComplete="shipping address-line1" maxLength={200} {...wire('line1')} />
      <TextField
        label={text.form.line2}
        autoComplete="shipping address-line2"
        maxLength={200}
        isOptional
        {...wire('line2')}
      />
      <div className="form-pair">
        <TextField
          label={text.form.postalCode}
          autoComplete="shipping postal-code"
          maxLength={20}
          hint={form.country === 'HK' ? text.form.postalCodeHongKong : undefined}
          {...wire('postalCode')}
        />
        <TextField label={text.form.city} autoComplete="shipping address-level2" maxLength={100} {...wire('city')} />
      </div>
      <TextField
        label={text.form.region}
        autoComplete="shipping address-level1"
        maxLength={100}
        isOptional
        {...wire('region')}
      />
      <TextField
        label={text.form.phone}
        type="tel"
        autoComplete="shipping tel"
        maxLength={40}
        hint={text.form.phoneHint}
        isOptional
        {...wire('phone')}
      />
    </div>
  )
}
