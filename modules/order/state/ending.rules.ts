import { hasBuyerMoney } from './balance.rules.ts'
import { changed, combined, shop, stockMoves, type Change } from './order-change.rules.ts'
import { sendEmail } from './order.outbox.ts'
import type { OrderState } from './order.state.ts'

/**
 * The end of an order. An order whose charge may be under way, or whose money is still with the shop, is `cancelling`.
 * Its stock is released only when it becomes `cancelled`.
 */

/** Cancels the order: stock that is reserved is released, stock that was sold is returned. */
export function cancelled(decision: Change, now: Date): Change {
  const { state } = decision
  const by = { role: state.cancelledBy ?? 'shop', userId: null }
  return combined(decision, {
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

/**
 * Whether the order's stock has been sold, and not only reserved. The timeline decides, since every release writes it
 * alike: of two releases running side by side, neither sells stock that the other has sold already.
 */
export const isSold = ({ timeline }: Pick<OrderState, 'timeline'>): boolean =>
  timeline.some(({ event }) => event === 'paid' || event === 'capture_failed')

/** Whether money is held, being refunded or disputed. */
export const hasPendingMoney = ({ refunds, disputes, payment }: OrderState): boolean =>
  payment.heldMinor > 0 ||
  refunds.some(({ status }) => status === 'pending') ||
  disputes.some(({ status }) => status === 'opened')

/** Ends the order if nothing is left to do: a cancellation with all money back, an order returned and refunded whole. */
export function endedIfOver(decision: Change, now: Date): Change {
  const { state } = decision
  if (hasPendingMoney(state) || hasBuyerMoney(state)) return decision
  // A refund in the provider's dashboard can be known before the capture that it returns.
  if (state.status === 'cancelling') return state.payment.wanted === 'nothing' ? cancelled(decision, now) : decision
  if (state.status !== 'fulfilled' || state.fulfilmentStatus !== 'returned') return decision
  return { ...decision, state: closed(state, now) }
}

export const closed = (state: OrderState, now: Date): OrderState =>
  changed(state, { status: 'closed' }, { at: now, by: shop, event: 'closed' })
