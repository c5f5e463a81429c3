import type { Order, TimelineEntry } from './contract.ts'
import type { OrderState } from './state.ts'
import { totalsView } from './totals.ts'

/** An order as its buyer and the staff see it. */
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
    billingAddress: state.billingAddress,
    shippingOption: state.shippingOption,
    timeline: state.timeline.map(({ at, event, detail }): TimelineEntry => ({
      at: at.toISOString(),
      event,
      ...(detail === null ? {} : { detail }),
    })),
  }
}
