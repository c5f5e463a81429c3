import type { Money } from '#schemas'

/** Amounts that Stripe charges, minor units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */

/** Smallest charge by currency. In other currencies Stripe converts its minimum at the rate of the day. */
const amountMin: Readonly<Record<string, number>> = {
  USD: 50,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  EUR: 50,
  JPY: 50,
  NZD: 50,
  SGD: 50,
  GBP: 30,
  AED: 200,
  PLN: 200,
  DKK: 250,
  NOK: 300,
  SEK: 300,
  HKD: 400,
  MXN: 1000,
}

/** Eight digits, in every currency that the shop sells in. */
const amountMax = 99_999_999

export const isChargeable = ({ amount, currency }: Money): boolean =>
  amount >= (amountMin[currency] ?? 1) && amount <= amountMax
