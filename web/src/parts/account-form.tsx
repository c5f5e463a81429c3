import { useState, type FormEvent, type ReactNode } from 'react'
import { navigate, useRoute } from '../route/router.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'
import { PasswordField, TextField } from './field.tsx'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'

export interface Credentials {
  email: string
  password: string
  name: string
}

interface AccountFormProps {
  isNew: boolean
  submitLabel: string
  busyLabel: string
  onSubmit: (credentials: Credentials) => Promise<void>
  children: ReactNode
}

const passwordMin = 8

/** The address to return to after login. Addresses of other sites are ignored, against open redirects. */
const nextAddress = (query: URLSearchParams): string => {
  const next = query.get('next') ?? '/'
  return /^\/(?![/\\])/.test(next) ? next : '/'
}

/** The form of the login and register pages. */
export function AccountForm({ isNew, submitLabel, busyLabel, onSubmit, children }: AccountFormProps) {
  const text = useText()
  const { query } = useRoute()
  const writing = useWriting()
  const [values, setValues] = useState<Credentials>({ email: '', password: '', name: '' })
  const [isTried, setTried] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)

  const isEmailRejected =
    failure?.issues.some(({ field }) => field === 'email') === true && failure.code === 'bad_input'
  const emailError = !/^\S+@\S+\.\S+$/.test(values.email.trim()) || isEmailRejected ? text.form.emailInvalid : undefined
  const passwordError =
    values.password === ''
      ? text.form.required
      : isNew && values.password.length < passwordMin
        ? text.form.passwordShort
        : undefined

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    setTried(true)
    setFailure(null)
    if (isBusy || emailError !== undefined || passwordError !== undefined) return
    setBusy(true)
    try {
      await onSubmit({ ...values, email: values.email.trim(), name: values.name.trim() })
      navigate(nextAddress(query), { isReplacement: true })
    } catch (error) {
      setFailure(failureOf(error))
      setBusy(false)
    }
  }

  const fieldProps = (field: keyof Credentials) => ({
    name: field,
    value: values[field],
    onChange: (event: { target: { value: string } }) => {
      setValues({ ...values, [field]: event.target.value })
      setFailure(null)
    },
  })

  return (
    <form className="account-form" noValidate onSubmit={(event) => void submit(event)}>
      {isNew && (
        <TextField label={text.form.name} autoComplete="name" maxLength={200} isOptional {...fieldProps('name')} />
      )}
      <TextField
        label={text.form.email}
        type="email"
        autoComplete="username"
        maxLength={254}
        error={isTried ? emailError : undefined}
        {...fieldProps('email')}
      />
      <PasswordField
        label={text.form.password}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        maxLength={200}
        hint={isNew ? text.form.passwordHint : undefined}
        error={isTried ? passwordError : undefined}
        {...fieldProps('password')}
      />
      {failure && !isEmailRejected && <Notice kind="error">{failureText(text, failure)}</Notice>}
      <button type="submit" {...writing} className="button button-large button-wide" aria-busy={isBusy}>
        {isBusy ? busyLabel : submitLabel}
      </button>
      <p className="account-other">{children}</p>
    </form>
  )
}
