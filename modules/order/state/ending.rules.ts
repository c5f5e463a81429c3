import { isKept } from './balance.rules.ts'
import { both, changed, sendEmail, shop, stockMoves, type Change } from './order.change.ts'
import type { OrderState } from './order.state.ts'
import { isSold } from './stock.rules.ts'

/**
 * How an order ends. Stock is let go when it becomes `cancelled`, never before: while a charge may be under way, or money
 * of the buyer's is still with us, it is `cancelling`.
 */

/** Its stock is released, or, if it was sold, put back on sale. */
export function cancelled(decision: Change, now: Date): Change {
  const { state } = decision
  const by = { role: state.cancelledBy ?? 'shop', userId: null }
  return both(decision, {
    state: changed(
      state,
      { status: 'cancelled', paymentDeadline: null },
      { at: now, by, event: 'cancelled', detail: state.cancelledBy ?? undefined },
    ),
    movements: stockMoves(state, isSold(state) ? 'return' : 'release'),
    outbox: [sendEmail(state.id, 'cancelled')],
    cancelMessages: ['paymentDeadline'],
  })
}

/** Whether money is on its way in either direction, or argued about. */
export const isUnsettled = ({ refunds, disputes, payment }: OrderState): boolean =>
  payment.heldMinor > 0 ||
  refunds.some(({ status }) => status === 'pending') ||
  disputes.some(({ status }) => status === 'opened')

/** Ends what is over: a cancellation once all money is back, an order that was returned and refunded whole. */
export function endedIfOver(decision: Change, now: Date): Change {
  const { state } = decision
  if (isUnsettled(state) || isKept(state)) return decision
  if (state.status === 'cancelling') return cancelled(decision, now)
  if (state.status !== 'fulfilled' || state.fulfilmentStatus !== 'returned') return decision
  return { ...decision, state: closed(state, now) }
}

export const closed = (state: OrderState, now: Date): OrderState =>
  changed(state, { status: 'closed' }, { at: now, by: shop, event: 'closed' })
