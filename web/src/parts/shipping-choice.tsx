import type { Quote } from '../shop/use-quote.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { FailureNotice } from './notice.tsx'

interface ShippingChoiceProps {
  quote: Quote
  isAddressComplete: boolean
  value: string | undefined
  onChange: (id: string) => void
}

/** Delivery options with prices, available once the address is complete. */
export function ShippingChoice({ quote, isAddressComplete, value, onChange }: ShippingChoiceProps) {
  const text = useText()
  const { money } = useFormats()
  const { checkout, isLoading, failure } = quote
  if (!isAddressComplete) return <p className="quiet">{text.checkout.shippingNeedsAddress}</p>
  // Errors of the address are shown at its fields.
  if (failure && failure.issues.length > 0) return <p className="quiet">{text.form.fix}</p>
  if (failure) return <FailureNotice failure={failure} onRetry={quote.retry} />
  if (checkout === undefined)
    return (
      <p className="quiet" role="status">
        {text.checkout.shippingLoading}
      </p>
    )
  if (checkout.shippingOptions.length === 0)
    return (
      <p className="field-error" role="alert">
        {text.checkout.notShippable}
      </p>
    )
  return (
    <fieldset className="choices" aria-busy={isLoading}>
      <legend className="visually-hidden">{text.checkout.shipping}</legend>
      {checkout.shippingOptions.map(({ id, name, price }) => (
        <label className="choice" key={id}>
          <input type="radio" name="shipping" value={id} checked={value === id} onChange={() => onChange(id)} />
          <span className="choice-words">
            <strong>{name}</strong>
          </span>
          <span className="choice-price">{price.amount === 0 ? text.totals.free : money(price)}</span>
        </label>
      ))}
    </fieldset>
  )
}
