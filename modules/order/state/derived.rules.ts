import type { AttentionReason } from '../admin.contract.ts'
import { owedRefunds } from './balance.rules.ts'
import type { OrderRecords, OrderState } from './order.state.ts'
import { sentOf, totalOf, unsentOf } from './quantity.rules.ts'

/** Derived columns of an order's row, by which orders are found: computed after each decision, from the rest of the state. */
export function withDerived(state: OrderState): OrderState {
  const hasRecords = hasAny(state)
  return {
    ...state,
    hasRecords,
    attention: hasRecords || state.reviewSince !== null ? attentionOf(state) : null,
    lastSentAt: state.status === 'fulfilled' ? (state.fulfilments.at(-1)?.at ?? null) : null,
  }
}

const hasAny = ({ fulfilments, cancellations, returns, refunds, disputes }: OrderRecords): boolean =>
  fulfilments.length + cancellations.length + returns.length + refunds.length + disputes.length > 0

/** Reasons why staff must look at the order; null for none. */
function attentionOf(state: OrderState): AttentionReason[] | null {
  const isPaid = state.status === 'paid'
  const reasons: Record<AttentionReason, boolean> = {
    refund_failed: owedRefunds(state).length > 0,
    disputed: state.disputes.some(({ status }) => status === 'opened'),
    capture_failed: isPaid && state.paymentStatus === 'voided' && totalOf(sentOf(state)) > 0,
    on_hold: state.reviewSince !== null,
    refunded_unsent: isPaid && state.paymentStatus === 'refunded' && totalOf(unsentOf(state)) > 0,
  }
  const found = (Object.keys(reasons) as AttentionReason[]).filter((reason) => reasons[reason])
  return found.length === 0 ? null : found
}
