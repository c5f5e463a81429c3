import { roundToPayable } from '#lib/currency'
import type { Currency } from '#schemas'
import type { Quantities } from '../state/quantity.rules.ts'
import type { Sums } from '../pricing/totals.rules.ts'

/** Worth of a part of an order to its buyer: prices less the discount's share, shipping, and the tax on both. */

interface Priced extends Sums {
  currency: Currency
  lines: readonly { sku: string; unitPriceMinor: number }[]
}

export interface Part {
  lines: Quantities
  shippingMinor: number
}

export interface Worth {
  /** What the buyer has paid for the part, tax included. */
  amountMinor: number
  taxMinor: number
}

/**
 * Worth of `part` after `earlier` parts. Discount and tax are shared out by cumulative rounding to amounts that a card can
 * be charged, so that the parts of an order sum to its total, whatever the parts and their order.
 */
export function worthOf(order: Priced, part: Part, earlier: Part): Worth {
  const [before, after] = [cumulative(order, earlier), cumulative(order, combined(earlier, part))]
  return { amountMinor: after.amountMinor - before.amountMinor, taxMinor: after.taxMinor - before.taxMinor }
}

const combined = (first: Part, second: Part): Part => ({
  lines: new Map(
    [...new Set([...first.lines.keys(), ...second.lines.keys()])].map((sku) => [
      sku,
      (first.lines.get(sku) ?? 0) + (second.lines.get(sku) ?? 0),
    ]),
  ),
  shippingMinor: first.shippingMinor + second.shippingMinor,
})

function cumulative(order: Priced, { lines, shippingMinor }: Part): Worth {
  const { currency, itemsMinor, discountMinor, taxMinor, taxIncluded } = order
  const prices = new Map(order.lines.map(({ sku, unitPriceMinor }) => [sku, unitPriceMinor]))
  const goods = [...lines].reduce((sum, [sku, quantity]) => sum + quantity * (prices.get(sku) ?? 0), 0)
  const share = (amountMinor: number, of: number, whole: number): number =>
    whole === 0 ? 0 : roundToPayable(amountMinor * (of / whole), currency)
  const base = goods - share(discountMinor, goods, itemsMinor) + shippingMinor
  const tax = share(taxMinor, base, itemsMinor - discountMinor + order.shippingMinor)
  return { amountMinor: taxIncluded ? base : base + tax, taxMinor: tax }
}
