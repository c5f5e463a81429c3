import { isPayable } from '#lib/currency'
import type { Money } from '#schemas'
import { toStripeAmount } from './stripe-amount.ts'

/** Amounts that Stripe charges a card, in Stripe's own units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */

/**
 * Smallest charge by currency. In other currencies, and where the account is paid out in another one, Stripe converts its
 * minimum at the rate of the day: it rejects such an amount itself, as `amount_too_small`.
 */
const amountMin: Readonly<Record<string, number>> = {
  AED: 200,
  ARS: 50,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  COP: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  IDR: 50,
  ILS: 50,
  INR: 50,
  JPY: 50,
  KRW: 50,
  MXN: 1000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PHP: 50,
  PLN: 200,
  RON: 200,
  RUB: 50,
  SEK: 300,
  SGD: 50,
  THB: 1000,
  USD: 50,
  ZAR: 50,
}

/**
 * Twelve digits, the most of any card. Some cards and other payment methods carry less (nine digits, eight), which
 * Stripe rejects itself, as `amount_too_large`: eight digits for all would be 270 US dollars in UGX.
 */
const amountMax = 999_999_999_999

/** Whether Stripe may charge this amount; one that is not chargeable is rejected for good. */
export function isChargeable(money: Money): boolean {
  if (!isPayable(money)) return false
  const amount = toStripeAmount(money)
  return amount >= (amountMin[money.currency] ?? 1) && amount <= amountMax
}
