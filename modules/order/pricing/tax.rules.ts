/**
 * Value added tax by destination. It is part of the price where prices usually include it (Europe, China), and added to
 * the price elsewhere. Standard rates of 2026, in per mille; the United States levy no national tax.
 */
interface TaxRule {
  perMille: number
  isIncluded: boolean
}

const included = (perMille: number): TaxRule => ({ perMille, isIncluded: true })
const added = (perMille: number): TaxRule => ({ perMille, isIncluded: false })

const rules: Record<string, TaxRule> = {
  AT: included(200),
  BE: included(210),
  CH: included(81),
  CN: included(130),
  DE: included(190),
  DK: included(250),
  ES: included(210),
  FI: included(255),
  FR: included(200),
  GB: included(200),
  IE: included(230),
  IT: included(220),
  JP: included(100),
  KR: included(100),
  LU: included(170),
  NL: included(210),
  NO: included(250),
  PL: included(230),
  PT: included(230),
  SE: included(250),
  SG: included(90),
  TW: included(50),
  CA: added(50),
  MX: added(160),
  US: added(0),
  HK: added(0),
  MO: added(0),
}

/**
 * Tax on goods and shipping, rounded half up once per order.
 * @param taxableMinor price of goods (after discount) and shipping, before any tax that is added to it
 */
export function taxOn(country: string, taxableMinor: number): { taxMinor: number; isIncluded: boolean } {
  const rule = rules[country] ?? added(0)
  const base = rule.isIncluded ? 1000 + rule.perMille : 1000
  return { taxMinor: Math.floor((taxableMinor * rule.perMille + base / 2) / base), isIncluded: rule.isIncluded }
}
