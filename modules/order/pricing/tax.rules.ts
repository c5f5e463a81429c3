import { createRequire } from 'node:module'
import { z } from 'zod'
import type { Address } from '#schemas'
import { taxTerritoryOf } from './tax-territories.ts'

/**
 * Value added tax by destination. The rates of countries and provinces are those of the package sales-tax; territories
 * have rates of their own. The tax is part of the price where prices usually include it (Europe, Asia), and added to the
 * price elsewhere.
 */

const rateSchema = z.object({ type: z.string(), rate: z.number().nonnegative() })
const ratesSchema = z.record(
  z.string(),
  rateSchema.extend({ states: z.record(z.string(), rateSchema.extend({ rate: z.number() })).optional() }),
)
const rates = ratesSchema.parse(createRequire(import.meta.url)('sales-tax/res/sales_tax_rates.json'))

/** Countries that add the tax to the price. */
const addsTax = new Set(['CA', 'MX', 'US', 'HK', 'MO'])

/** Destination of goods, as far as the tax depends on it. */
export type TaxDestination = Pick<Address, 'country' | 'postalCode' | 'region'>

/** The rate in parts per 100,000. */
function rateOf(destination: TaxDestination): number {
  const territory = taxTerritoryOf(destination)
  if (territory !== undefined) return territory.perMille * 100
  const { country, region = '' } = destination
  // Sales taxes of US states, and Canada's provincial ones but the harmonised, are due by registered sellers only.
  const province = country === 'CA' ? rates[country]?.states?.[region] : undefined
  const harmonised = province?.type === 'hst' ? province.rate : 0
  return Math.round(((rates[country]?.rate ?? 0) + harmonised) * 100_000)
}

/**
 * Tax on goods and shipping, rounded half up once per order.
 * @param taxableMinor price of goods (after discount) and shipping, before any tax that is added to it
 */
export function taxOn(destination: TaxDestination, taxableMinor: number): { taxMinor: number; isIncluded: boolean } {
  const rate = rateOf(destination)
  const isIncluded = !addsTax.has(destination.country) && rates[destination.country] !== undefined
  const base = isIncluded ? 100_000 + rate : 100_000
  return { taxMinor: Math.floor((taxableMinor * rate + base / 2) / base), isIncluded }
}
