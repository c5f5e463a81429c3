import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Link } from '../route/link.tsx'
import {
  completeAddress,
  failureErrors,
  validateFields,
  saveFields,
  savedFields,
  type FieldErrors,
  type CheckoutField,
} from '../shop/checkout-fields.ts'
import { cartStatus, loadCart, lockIfSessionEnded } from '../shop/cart.ts'
import { session } from '../shop/session.ts'
import { tabStore } from '../shop/storage.ts'
import { useStore } from '../shop/store.ts'
import type { Cart } from '../shop/types.ts'
import { newIdempotencyKey } from '../shop/use-attempt.ts'
import type { OrderPlacement } from '../shop/use-order-placement.ts'
import { useQuote } from '../shop/use-quote.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { AddressForm } from './address-form.tsx'
import { CardChoice, defaultCard } from './card-choice.tsx'
import { OrderSummary } from './checkout-summary.tsx'
import { TextField } from './field.tsx'
import { bringIntoView, Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'
import { ShippingChoice } from './shipping-choice.tsx'

/** Scrolls to the first field marked as invalid, or to the notice that says what prevents the order, and focuses it. */
function bringProblemIntoView(form: HTMLFormElement | null): void {
  const page = form?.closest('.page')
  bringIntoView(
    form?.querySelector<HTMLElement>('[aria-invalid=true]') ??
      page?.querySelector<HTMLElement>('.notice-error, .field-error, .notice-warning'),
  )
}

/** The checkout form: contact, address, delivery and card, with the totals beside them. */
export function CheckoutForm({ cart, placement }: { cart: Cart; placement: OrderPlacement }) {
  const text = useText()
  const user = useStore(session)
  const { locale } = useStore(settings)
  const [form, setForm] = useState(savedFields)
  const [errors, setErrors] = useState<FieldErrors>({})
  const [optionId, setOptionId] = useState(() => tabStore.read('shipping') ?? undefined)
  const [isOptionGone, setOptionGone] = useState(false)
  const [card, setCard] = useState(defaultCard)
  const element = useRef<HTMLFormElement>(null)

  const shippingAddress = completeAddress(form)
  const { isLocked } = useStore(cartStatus)
  const quote = useQuote(
    !isLocked &&
      shippingAddress && {
        cartId: cart.id,
        cartVersion: cart.version,
        shippingAddress,
        shippingOptionId: optionId,
        locale,
        newTotal: placement.rejection?.total?.amount,
      },
  )
  const options = quote.checkout?.shippingOptions ?? []
  const chosenId = options.find(({ id }) => id === optionId)?.id ?? options[0]?.id
  const isGuest = !user
  const isBusy = placement.phase === 'sending'

  function choose(id: string | undefined): void {
    setOptionId(id)
    tabStore.write('shipping', id ?? null)
    setOptionGone(id === undefined)
  }

  // Errors about fields are shown at the fields, for both the quote and the order.
  const { failure } = placement
  const isAtFields = (Object.keys(form) as CheckoutField[]).some((field) => errors[field] !== undefined)
  const latestFailure = failure ?? quote.failure
  const [shownFailure, setShownFailure] = useState(latestFailure)
  if (latestFailure !== shownFailure) {
    setShownFailure(latestFailure)
    if (latestFailure) setErrors(failureErrors(text, latestFailure))
    if (latestFailure?.issues.some(({ field }) => field === 'shippingOptionId') === true) choose(undefined)
  }
  const isGone = quote.failure?.code === 'not_found' || quote.failure?.code === 'cart_closed'
  useEffect(() => {
    if (isGone) void lockIfSessionEnded().then((isEnded) => (isEnded ? undefined : loadCart()))
  }, [isGone])
  useEffect(() => {
    if (failure) bringProblemIntoView(element.current)
  }, [failure])

  function change(field: CheckoutField, value: string): void {
    // A region is a code of its country: CA is California, or Cádiz.
    const next = { ...form, [field]: value, ...(field === 'country' && { region: '' }) }
    setForm(next)
    saveFields(next)
    setErrors((before) => ({ ...before, [field]: undefined }))
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    const found = validateFields(text, form, isGuest)
    setErrors(found)
    const isInvalid = Object.keys(found).length > 0
    if (!isInvalid && quote.failure) setErrors(failureErrors(text, quote.failure))
    if (isInvalid || quote.failure || isLocked) {
      // The next render marks the invalid fields.
      requestAnimationFrame(() => bringProblemIntoView(element.current))
      return
    }
    if (isBusy || shippingAddress === null || chosenId === undefined || quote.checkout === undefined || quote.isLoading)
      return
    placement.start({
      cartId: cart.id,
      idempotencyKey: newIdempotencyKey(),
      expectedTotal: quote.checkout.totals.total,
      locale,
      shippingAddress,
      shippingOptionId: chosenId,
      payment: { methodId: quote.checkout.paymentMethods[0]?.id ?? 'card', token: card },
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
          {isOptionGone && <Notice kind="warning">{text.checkout.optionGone}</Notice>}
          {isLocked ? (
            <p className="quiet">{text.account.ended}</p>
          ) : (
            <ShippingChoice
              quote={quote}
              isAddressComplete={shippingAddress !== null}
              value={chosenId}
              onChange={choose}
            />
          )}
        </section>
        <section className="step" aria-labelledby="payment">
          <h2 id="payment">{text.checkout.payment}</h2>
          <CardChoice value={card} onChange={setCard} />
        </section>
      </div>
      <OrderSummary cart={cart} quote={quote} isBusy={isBusy}>
        {isAtFields && <Notice kind="error">{text.form.fix}</Notice>}
        {failure && !isAtFields && (
          <Notice kind="error" isFocused>
            {failureText(text, failure)}
          </Notice>
        )}
      </OrderSummary>
    </form>
  )
}
