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

/** Currencies in which eight digits are less than 50,000 US dollars. */
const longAmounts: ReadonlySet<string> = new Set(
  (
    'AFN ALL AMD AOA ARS BDT BIF CDF COP CRC CVE CZK DOP DZD EGP ETB GMD GNF GYD HNL HTG HUF IDR INR ISK JMD KES ' +
    'KGS KHR KZT LAK LBP LKR LRD MGA MKD MMK MNT MUR MWK MZN NGN NIO NPR PHP PKR PYG RSD RUB SLE SOS SRD THB TND ' +
    'TRY TWD TZS UAH UGX UYU UZS VND YER'
  ).split(' '),
)

/**
 * Eight digits, which every card carries; twelve where a buyer may need more. Stripe rejects what is too much for the
 * buyer's card, as `amount_too_large`.
 */
const amountMax = (currency: string): number => (longAmounts.has(currency) ? 999_999_999_999 : 99_999_999)

/** Whether Stripe may charge this amount; one that is not chargeable is rejected for good. */
export function isChargeable(money: Money): boolean {
  if (!isPayable(money)) return false
  const amount = toStripeAmount(money)
  return amount >= (amountMin[money.currency] ?? 1) && amount <= amountMax(money.currency)
}
