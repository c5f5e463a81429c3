import { useEffect, useState } from 'react'
import { useText } from '../text/use-text.ts'
import { Icon } from './icon.tsx'

interface StepperProps {
  label: string
  value: number
  max: number
  onChange: (value: number) => void
  /** A typed number was larger than `max`, which is taken instead. */
  onReduced: () => void
}

const debounceMs = 350

/** A quantity input, debounced: quick presses become one change. */
export function Stepper({ label, value, max, onChange, onReduced }: StepperProps) {
  const text = useText()
  const [draft, setDraft] = useState(String(value))
  const [lastValue, setLastValue] = useState(value)
  if (lastValue !== value) {
    setLastValue(value)
    setDraft(String(value))
  }

  const draftValue = Number.parseInt(draft, 10)
  const isValid = draftValue >= 1 && draftValue <= max
  useEffect(() => {
    if (!isValid || draftValue === value) return
    const timer = setTimeout(() => onChange(draftValue), debounceMs)
    return () => clearTimeout(timer)
    // `onChange` is a new function on each render; only a new quantity must start the timer.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [draftValue, isValid, value])

  const step = (by: number) => setDraft(String(Math.min(max, Math.max(1, (isValid ? draftValue : value) + by))))

  function type(typed: string): void {
    const digits = typed.replaceAll(/\D/g, '').slice(0, 6)
    const isReduced = Number.parseInt(digits, 10) > max
    setDraft(isReduced ? String(max) : digits)
    if (isReduced) onReduced()
  }

  return (
    <fieldset className="stepper">
      <legend className="visually-hidden">{label}</legend>
      <button type="button" aria-label={text.cart.fewer} disabled={draftValue <= 1} onClick={() => step(-1)}>
        <Icon name="minus" size={18} />
      </button>
      <input
        inputMode="numeric"
        pattern="[0-9]*"
        aria-label={text.product.quantity}
        value={draft}
        onChange={(event) => type(event.target.value)}
        onBlur={() => isValid || setDraft(String(value))}
      />
      <button type="button" aria-label={text.cart.more} disabled={draftValue >= max} onClick={() => step(1)}>
        <Icon name="plus" size={18} />
      </button>
    </fieldset>
  )
}
