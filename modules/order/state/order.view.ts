import { addressLines } from '#address'
import type { Services } from '#services'
import type { Order, Refund, TimelineEntry } from '../contract.ts'
import { totalsView } from '../pricing/totals.rules.ts'
import type { OrderState } from './order.state.ts'

/** An order as its buyer sees it: without internal entries, reasons and the provider's ids. */
export function orderView(state: OrderState): Order {
  const { currency } = state
  return {
    id: state.id,
    number: state.number,
    status: state.status,
    paymentStatus: state.paymentStatus,
    fulfilmentStatus: state.fulfilmentStatus,
    version: state.version,
    placedAt: state.placedAt.toISOString(),
    paymentActionUrl: state.payment.actionUrl,
    paymentDeadline: state.paymentDeadline?.toISOString() ?? null,
    lines: state.lines.map(({ sku, title, quantity, unitPriceMinor }) => ({
      sku,
      title,
      quantity,
      unitPrice: { amount: unitPriceMinor, currency },
      total: { amount: unitPriceMinor * quantity, currency },
    })),
    totals: totalsView(state, currency),
    email: state.email,
    shippingAddress: state.shippingAddress,
    shippingAddressLines: addressLines(state.shippingAddress),
    billingAddress: state.billingAddress,
    shippingOption: state.shippingOption,
    fulfilments: state.fulfilments.map(({ at, ...fulfilment }) => ({ ...fulfilment, at: at.toISOString() })),
    cancellations: state.cancellations.map(({ id, at, lines }) => ({ id, at: at.toISOString(), lines })),
    returns: state.returns.map(({ id, at, lines }) => ({
      id,
      at: at.toISOString(),
      lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    })),
    refunds: state.refunds.map((refund) => refundView(refund, currency)),
    timeline: state.timeline.filter(({ isInternal }) => !isInternal).map(entryView),
  }
}

export const refundView = (refund: OrderState['refunds'][number], currency: string): Refund => ({
  id: refund.id,
  at: refund.requestedAt.toISOString(),
  amount: { amount: refund.amountMinor, currency },
  shipping: { amount: refund.shippingMinor, currency },
  tax: { amount: refund.taxMinor, currency },
  lines: refund.lines,
  status: refund.status,
})

/** Address of the order's page in the storefront; null without `SHOP_URL`. */
export const orderUrl = ({ SHOP_URL }: Services['config'], id: string): string | null =>
  SHOP_URL === undefined ? null : new URL(`/order/${id}`, SHOP_URL).href

export const entryView = ({ at, event, detail, role }: OrderState['timeline'][number]): TimelineEntry => ({
  at: at.toISOString(),
  event,
  ...(role === null ? {} : { by: role }),
  ...(detail === null ? {} : { detail }),
})
