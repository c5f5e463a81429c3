import type { Currency, Money } from '#schemas'
import type { Totals } from '../contract.ts'
import { taxOn, type TaxedAddress } from './tax.rules.ts'

/** An order's sums in minor units of its currency; the buyer pays `totalMinor`. */
export interface Sums {
  itemsMinor: number
  discountMinor: number
  shippingMinor: number
  taxMinor: number
  taxIncluded: boolean
  totalMinor: number
}

export const itemsSum = (lines: readonly { quantity: number; unitPriceMinor: number }[]): number =>
  lines.reduce((sum, line) => sum + line.quantity * line.unitPriceMinor, 0)

/** Adds up an order: the only place that does, for quotes and placed orders alike. Without an address the tax is not known. */
export function sumUp(order: {
  currency: Currency
  itemsMinor: number
  discountMinor?: number
  shippingMinor?: number
  address?: TaxedAddress
}): Sums {
  const { currency, itemsMinor, discountMinor = 0, shippingMinor = 0, address } = order
  const taxable = itemsMinor - discountMinor + shippingMinor
  const { taxMinor, isIncluded } =
    address === undefined ? { taxMinor: 0, isIncluded: false } : taxOn(address, { amount: taxable, currency })
  return {
    itemsMinor,
    discountMinor,
    shippingMinor,
    taxMinor,
    taxIncluded: isIncluded,
    totalMinor: isIncluded ? taxable : taxable + taxMinor,
  }
}

export function totalsView(sums: Sums, currency: Currency, { taxKnown = true } = {}): Totals {
  const money = (amount: number): Money => ({ amount, currency })
  return {
    items: money(sums.itemsMinor),
    discount: money(sums.discountMinor),
    shipping: money(sums.shippingMinor),
    tax: money(sums.taxMinor),
    taxIncluded: sums.taxIncluded,
    taxKnown,
    total: money(sums.totalMinor),
  }
}
