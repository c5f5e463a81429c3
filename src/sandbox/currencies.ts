/** Currencies as Stripe's API carries their amounts (docs.stripe.com/currencies). Codes in lower case, amounts as in the API. */

const known = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

export const isCurrency = (code: string): boolean => known.has(code)

/** Amounts without decimals. */
const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
/** Amounts with three decimals, the last of which is 0. */
const threeDecimal = new Set('bhd jod kwd omr tnd'.split(' '))
/** Amounts with two decimals, both of which are 0: their currencies have had no decimals only for some years. */
const wholeUnits = new Set(['isk', 'ugx'])

export const decimalsOf = (currency: string): number =>
  zeroDecimal.has(currency) ? 0 : threeDecimal.has(currency) ? 3 : 2

/** Every amount of the currency is a multiple of this. */
export const stepOf = (currency: string): number =>
  threeDecimal.has(currency) ? 10 : wholeUnits.has(currency) ? 100 : 1

/** What Stripe says of an amount that is no multiple of `stepOf`; undefined for one that is. */
export function stepViolation(amount: number, currency: string): string | undefined {
  const step = stepOf(currency)
  if (amount % step === 0) return undefined
  const code = currency.toUpperCase()
  const reason = wholeUnits.has(currency) ? `Currency ${code} has become effectively zero-decimal and` : `In ${code},`
  return `Invalid amount. ${reason} amounts must be evenly divisible by ${step}.`
}

/** Smallest charges (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const minimums: Readonly<Record<string, number>> = {
  aed: 200,
  ars: 50,
  aud: 50,
  brl: 50,
  cad: 50,
  chf: 50,
  cop: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  idr: 50,
  ils: 50,
  inr: 50,
  jpy: 50,
  krw: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  php: 50,
  pln: 200,
  ron: 200,
  rub: 50,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
  zar: 50,
}

export const minimumOf = (currency: string): number => minimums[currency] ?? 1

const longAmounts = new Set(
  (
    'afn all amd aoa ars bdt bif cdf cop crc cve czk dop dzd egp etb gmd gnf gyd hnl htg huf idr inr isk jmd kes ' +
    'kgs khr kzt lak lbp lkr lrd mga mkd mmk mnt mur mwk mzn ngn nio npr php pkr pyg rsd rub sle sos srd thb tnd ' +
    'try twd tzs uah ugx uyu uzs vnd yer'
  ).split(' '),
)

/** Largest amount of a card payment: eight digits, and twelve in currencies of small units. */
export const maximumOf = (currency: string): number => (longAmounts.has(currency) ? 999_999_999_999 : 99_999_999)
