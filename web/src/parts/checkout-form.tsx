import { useRef, useState, type FormEvent } from 'react'
import { Link } from '../route/link.tsx'
import {
  addressOf,
  errorsOf,
  formErrors,
  keepForm,
  keptForm,
  type FieldErrors,
  type FormField,
} from '../shop/checkout-form.ts'
import { session } from '../shop/session.ts'
import { useStore } from '../shop/store.ts'
import type { Cart } from '../shop/types.ts'
import { newKey } from '../shop/use-attempt.ts'
import type { Placing } from '../shop/use-placing.ts'
import { useQuote } from '../shop/use-quote.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { AddressForm } from './address-form.tsx'
import { CardChoice, firstCard } from './card-choice.tsx'
import { OrderSummary } from './checkout-summary.tsx'
import { TextField } from './field.tsx'
import { failureText, Notice } from './notice.tsx'
import { ShippingChoice } from './shipping-choice.tsx'

/** Who, where to, how, and with which card; the total follows. */
export function CheckoutForm({ cart, placing }: { cart: Cart; placing: Placing }) {
  const text = useText()
  const user = useStore(session)
  const { locale } = useStore(settings)
  const [form, setForm] = useState(keptForm)
  const [errors, setErrors] = useState<FieldErrors>({})
  const [optionId, setOptionId] = useState<string | undefined>()
  const [card, setCard] = useState(firstCard)
  const element = useRef<HTMLFormElement>(null)

  const shippingAddress = addressOf(form)
  const quote = useQuote(
    shippingAddress && { cartId: cart.id, cartVersion: cart.version, shippingAddress, shippingOptionId: optionId },
  )
  const options = quote.answer?.shippingOptions ?? []
  const chosenId = options.find(({ id }) => id === optionId)?.id ?? options[0]?.id
  const isGuest = !user
  const isBusy = placing.phase === 'sending'

  // What the shop says about fields is shown at the fields, whichever call it answered.
  const { failure } = placing
  const told = failure ?? quote.failure
  const [shown, setShown] = useState(told)
  if (told !== shown) {
    setShown(told)
    if (told) setErrors(errorsOf(text, told))
  }

  function change(field: FormField, value: string): void {
    const next = { ...form, [field]: value }
    setForm(next)
    keepForm(next)
    setErrors((before) => ({ ...before, [field]: undefined }))
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    const found = formErrors(text, form, isGuest)
    setErrors(found)
    if (Object.keys(found).length > 0) {
      // The fields are marked once this has been rendered.
      requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
      return
    }
    if (isBusy || shippingAddress === null || chosenId === undefined || quote.answer === undefined || quote.isLoading)
      return
    placing.start({
      cartId: cart.id,
      idempotencyKey: newKey(),
      expectedTotal: quote.answer.totals.total,
      locale,
      shippingAddress,
      shippingOptionId: chosenId,
      payment: { methodId: quote.answer.paymentMethods[0]?.id ?? 'card', token: card },
      ...(isGuest && { email: form.email.trim() }),
    })
  }

  return (
    <form ref={element} className="split" noValidate onSubmit={submit}>
      <div className="checkout-steps">
        <section className="step" aria-labelledby="contact">
          <h2 id="contact">{text.checkout.contact}</h2>
          {user ? (
            <p>
              {text.checkout.contactAs} <strong>{user.email}</strong>
            </p>
          ) : (
            <>
              <p className="quiet">
                {text.checkout.haveAccount} <Link href="/login?next=/checkout">{text.nav.logIn}</Link>
              </p>
              <TextField
                label={text.form.email}
                type="email"
                name="email"
                autoComplete="email"
                inputMode="email"
                maxLength={254}
                hint={text.checkout.emailHint}
                value={form.email}
                error={errors.email}
                onChange={(event) => change('email', event.target.value)}
              />
            </>
          )}
        </section>
        <section className="step" aria-labelledby="address">
          <h2 id="address">{text.checkout.address}</h2>
          <AddressForm form={form} errors={errors} onChange={change} />
        </section>
        <section className="step" aria-labelledby="shipping">
          <h2 id="shipping">{text.checkout.shipping}</h2>
          <ShippingChoice
            quote={quote}
            isAddressComplete={shippingAddress !== null}
            value={chosenId}
            onChange={setOptionId}
          />
        </section>
        <section className="step" aria-labelledby="payment">
          <h2 id="payment">{text.checkout.payment}</h2>
          <CardChoice value={card} onChange={setCard} />
        </section>
      </div>
      <OrderSummary cart={cart} quote={quote} isBusy={isBusy}>
        {Object.values(errors).some(Boolean) && <Notice kind="error">{text.form.fix}</Notice>}
        {failure && failure.issues.length === 0 && <Notice kind="error">{failureText(text, failure)}</Notice>}
      </OrderSummary>
    </form>
  )
}
