import { useText } from '../text/use-text.ts'

interface CardChoiceProps {
  value: string
  onChange: (token: string) => void
}

/** The card selected at first: its payment succeeds. */
export const defaultCard = 'pm_card_visa'

/** The sandbox's test cards, instead of a card form, each with its effect. */
export function CardChoice({ value, onChange }: CardChoiceProps) {
  const text = useText()
  return (
    <fieldset className="test-box">
      <legend>{text.checkout.testBox}</legend>
      <p className="quiet">{text.checkout.testText}</p>
      <div className="choices">
        {Object.entries(text.checkout.cards).map(([token, [name, detail]]) => (
          <label className="choice" key={token}>
            <input type="radio" name="card" value={token} checked={value === token} onChange={() => onChange(token)} />
            <span className="choice-words">
              <strong>{name}</strong>
              <span className="quiet">{detail}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
