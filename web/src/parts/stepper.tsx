import { useEffect, useState } from 'react'
import { useText } from '../text/use-text.ts'
import { Icon } from './icon.tsx'

interface StepperProps {
  label: string
  value: number
  max: number
  onChange: (value: number) => void
}

const pauseMs = 350

/** A number of pieces. Quick presses are gathered into one change. */
export function Stepper({ label, value, max, onChange }: StepperProps) {
  const text = useText()
  const [draft, setDraft] = useState(String(value))
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    setDraft(String(value))
  }

  const wanted = Number.parseInt(draft, 10)
  const isValid = wanted >= 1 && wanted <= 999
  useEffect(() => {
    if (!isValid || wanted === value) return
    const timer = setTimeout(() => onChange(wanted), pauseMs)
    return () => clearTimeout(timer)
    // `onChange` is made anew with each render; a change of it is no change of the number.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted, isValid, value])

  const step = (by: number) => setDraft(String(Math.min(999, Math.max(1, (isValid ? wanted : value) + by))))
  return (
    <fieldset className="stepper">
      <legend className="visually-hidden">{label}</legend>
      <button type="button" aria-label={text.cart.fewer} disabled={wanted <= 1} onClick={() => step(-1)}>
        <Icon name="minus" size={18} />
      </button>
      <input
        inputMode="numeric"
        pattern="[0-9]*"
        aria-label={text.product.quantity}
        value={draft}
        onChange={(event) => setDraft(event.target.value.replaceAll(/\D/g, '').slice(0, 3))}
        onBlur={() => isValid || setDraft(String(value))}
      />
      <button type="button" aria-label={text.cart.more} disabled={wanted >= max} onClick={() => step(1)}>
        <Icon name="plus" size={18} />
      </button>
    </fieldset>
  )
}
