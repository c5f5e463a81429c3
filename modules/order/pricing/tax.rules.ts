import { regionCode } from '#address'
import { payableStep } from '#lib/currency'
import type { Address, Money } from '#schemas'

/** Parts of an address that decide its tax. */
export type TaxedAddress = Pick<Address, 'country' | 'region' | 'postalCode'>

/**
 * Value added tax by destination. It is part of the price where prices usually include it (Europe, China), and added to
 * the price elsewhere. Standard rates of 2026, in 1/100,000; the United States levy no national tax.
 */
interface TaxRule {
  rate: number
  isIncluded: boolean
}

const percent = 1_000
const included = (rate: number): TaxRule => ({ rate: rate * percent, isIncluded: true })
const added = (rate: number): TaxRule => ({ rate: rate * percent, isIncluded: false })
const none = added(0)

const rules: Record<string, TaxRule> = {
  AT: included(20),
  BE: included(21),
  CH: included(8.1),
  CN: included(13),
  DE: included(19),
  DK: included(25),
  ES: included(21),
  FI: included(25.5),
  FR: included(20),
  GB: included(20),
  IE: included(23),
  IT: included(22),
  JP: included(10),
  KR: included(10),
  LU: included(17),
  NL: included(21),
  NO: included(25),
  PL: included(23),
  PT: included(23),
  SE: included(25),
  SG: included(9),
  TW: included(5),
  CA: added(5),
  MX: added(16),
  US: none,
  HK: none,
  MO: none,
}

/**
 * Territories with a tax of their own, by postal code. Those without are outside their country's value added tax: what
 * is sent there is an export. The territories are those of Council Directive 2006/112/EC, articles 6, 7, 104, 105 and 114
 * to 119, and of national law for Switzerland, Norway and Great Britain; rates and postal codes were written down from
 * common knowledge in 2026 and are to be confirmed by the shop's tax adviser. No maintained package has them.
 */
const territories: Record<string, [postalCodes: RegExp, rule: TaxRule][]> = {
  // Jungholz and Mittelberg, which are reached by road from Germany only.
  AT: [[/^(6691|699[123])$/, included(19)]],
  // Samnaun.
  CH: [[/^756[23]$/, none]],
  // Büsingen, Heligoland.
  DE: [[/^(78266|27498)$/, none]],
  // Greenland.
  DK: [[/^39\d\d$/, none]],
  // The Canary Islands, Ceuta, Melilla.
  ES: [[/^(35|38|51|52)/, none]],
  // Åland.
  FI: [[/^22\d{3}$/, none]],
  FR: [
    // Guadeloupe, Martinique, Réunion.
    [/^97 ?[124]/, included(8.5)],
    // French Guiana, Mayotte; the other territories overseas.
    [/^(97 ?[35678]|98 ?[4678])/, none],
  ],
  // Jersey, Guernsey. Northern Ireland and the Isle of Man have the tax of Great Britain.
  GB: [[/^(JE|GY)/, none]],
  // Livigno, Campione d'Italia, with their former codes.
  IT: [[/^(23041|23030|22061|22060)$/, none]],
  // Svalbard, Jan Mayen.
  NO: [[/^(917\d|8099)$/, none]],
  PT: [
    // Madeira.
    [/^9[0-4]/, included(22)],
    // The Azores.
    [/^9[5-9]/, included(16)],
  ],
}

/**
 * Regions with a tax of their own. Canada: GST and PST or QST, or HST. Source: the package sales-tax 2.23.0 (May 2026). Hong
 * Kong, Macau and Taiwan in an address of China are no part of its tax area.
 */
const regions: Record<string, Record<string, TaxRule>> = {
  CA: {
    BC: added(12),
    MB: added(12),
    NB: added(15),
    NL: added(15),
    NS: added(14),
    ON: added(13),
    PE: added(15),
    QC: added(14.975),
    SK: added(11),
  },
  CN: { '71': included(5), '91': none, '92': none },
}

function ruleFor(address: TaxedAddress): TaxRule {
  const { country, postalCode = '' } = address
  const territory = territories[country]?.find(([postalCodes]) => postalCodes.test(postalCode))
  if (territory !== undefined) return territory[1]
  const ofRegion = country in regions ? regions[country]?.[regionCode(address) ?? ''] : undefined
  return ofRegion ?? rules[country] ?? none
}

/**
 * Tax on goods and shipping, rounded half up once per order to an amount that a card can be charged.
 * @param taxable price of goods (after discount) and shipping, before any tax that is added to it
 */
export function taxOn(address: TaxedAddress, taxable: Money): { taxMinor: number; isIncluded: boolean } {
  const { rate, isIncluded } = ruleFor(address)
  const whole = 100 * percent
  const step = payableStep(taxable.currency)
  const base = (isIncluded ? whole + rate : whole) * step
  return { taxMinor: step * Math.floor((taxable.amount * rate + base / 2) / base), isIncluded }
}
