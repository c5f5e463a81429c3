import { useId, useState, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from 'react'
import { useText } from '../text/use-text.ts'

interface Labelled {
  label: string
  /** Error text, shown below the field and read with it. */
  error?: string | undefined
  hint?: string | undefined
  isOptional?: boolean
}

interface FieldAttributes {
  id: string
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

function FieldFrame({
  label,
  error,
  hint,
  isOptional = false,
  children,
}: Labelled & { children: (wiring: FieldAttributes) => ReactNode }) {
  const text = useText()
  const id = useId()
  const notes = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  return (
    <div className={error === undefined ? 'field' : 'field field-wrong'}>
      <label htmlFor={id}>
        {label}
        {isOptional && <span className="field-optional"> {text.form.optional}</span>}
      </label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': notes.length === 0 ? undefined : notes.join(' '),
      })}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  )
}

type InputProps = Labelled & InputHTMLAttributes<HTMLInputElement>

export function TextField({ label, error, hint, isOptional, ...input }: InputProps) {
  return (
    <FieldFrame label={label} error={error} hint={hint} isOptional={isOptional ?? false}>
      {(wiring) => <input className="input" required={isOptional !== true} {...wiring} {...input} />}
    </FieldFrame>
  )
}

export function PasswordField({ label, error, hint, ...input }: InputProps) {
  const text = useText()
  const [isShown, setShown] = useState(false)
  return (
    <FieldFrame label={label} error={error} hint={hint}>
      {(wiring) => (
        <span className="input-with-button">
          <input className="input" type={isShown ? 'text' : 'password'} required {...wiring} {...input} />
          <button type="button" className="link-button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
            {isShown ? text.form.hidePassword : text.form.showPassword}
          </button>
        </span>
      )}
    </FieldFrame>
  )
}

export function SelectField({
  label,
  error,
  hint,
  isOptional = false,
  children,
  ...select
}: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <FieldFrame label={label} error={error} hint={hint} isOptional={isOptional}>
      {(wiring) => (
        <select className="input select" required={!isOptional} {...wiring} {...select}>
          {children}
        </select>
      )}
    </FieldFrame>
  )
}
