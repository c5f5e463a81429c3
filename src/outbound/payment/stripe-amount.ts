import { currencyDecimals, isPayable } from '#lib/currency'
import type { Money } from '#schemas'
import { PaymentRejectedError } from './provider.ts'

/**
 * Decimals of Stripe's amounts where they differ from those of ISO 4217, in which the shop counts
 * (docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases"). ISK and UGX keep the two decimals of the
 * past, always 00; MGA goes without its fifths. Of the currencies with more than two decimals Stripe documents BHD, JOD,
 * KWD, OMR and TND, the last decimal always 0; any other has two.
 */
const stripeDecimals: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0, IQD: 2, LYD: 2, CLF: 2 }

const decimalsOf = (currency: string): number => stripeDecimals[currency] ?? currencyDecimals(currency)

/**
 * Money as the number that Stripe's API takes; the currency is sent beside it.
 * @throws PaymentRejectedError `amount_invalid` for an amount that no card can be charged, such as 1.255 KWD
 */
export function toStripeAmount({ amount, currency }: Money): number {
  if (!Number.isSafeInteger(amount) || !isPayable({ amount, currency }))
    throw new PaymentRejectedError('amount_invalid')
  return scaled(amount, decimalsOf(currency) - currencyDecimals(currency))
}

/**
 * An amount of Stripe's API as money. What is below the shop's minor unit, such as a part of a fee in ISK, is rounded.
 * @throws TypeError for what is no whole number
 */
export function fromStripeAmount(amount: number, code: string): Money {
  if (!Number.isSafeInteger(amount)) throw new TypeError('an amount of Stripe is a whole number')
  const currency = code.toUpperCase()
  return { amount: scaled(amount, currencyDecimals(currency) - decimalsOf(currency)), currency }
}

/** `amount` with its decimal point moved, never -0. */
function scaled(amount: number, places: number): number {
  return (places < 0 ? Math.round(amount / 10 ** -places) : amount * 10 ** places) + 0
}
