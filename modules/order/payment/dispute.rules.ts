import { statusAfterRefunds } from '../state/balance.rules.ts'
import { endedIfOver } from '../state/ending.rules.ts'
import { changed, moneyMove, provider, shop, type OrderDecision } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'
import { refundRemainder } from './refund.rules.ts'

/** Disputes: the buyer's bank takes the money back. A dispute that is won returns it to the shop; a lost one does not. */
export function disputeReported(state: OrderState, message: MessageOf<'dispute'>, now: Date): OrderDecision {
  const { disputeId: id, amount, feeMinor, reason, status } = message
  const former = state.disputes.find((dispute) => dispute.id === id)
  // A dispute only goes forward: opened, then won or lost. A verdict that arrives first books the opening with it.
  if (former !== undefined && (former.status !== 'opened' || status === 'opened')) return {}
  const amountMinor = amount.amount
  const dispute = {
    id,
    amountMinor,
    feeMinor,
    reason,
    status,
    openedAt: former?.openedAt ?? now,
    closedAt: status === 'opened' ? null : now,
  }
  const next = changed(
    state,
    { disputes: [...state.disputes.filter((other) => other.id !== id), dispute] },
    { at: now, by: provider, event: `dispute_${status}`, note: reason },
  )
  const feeChangeMinor = feeMinor - (former?.feeMinor ?? 0)
  const movements = [
    ...(former === undefined ? moneyMove(state, { kind: 'dispute', reference: id, amountMinor }) : []),
    ...(status === 'won' ? moneyMove(state, { kind: 'dispute_won', reference: id, amountMinor }) : []),
    // The verdict can change the provider's fee.
    ...moneyMove(state, {
      kind: feeChangeMinor < 0 ? 'fee_returned' : 'fee',
      reference: former === undefined ? id : `${id}:${status}`,
      amountMinor: Math.abs(feeChangeMinor),
    }),
  ]
  if (status === 'opened') return { state: next, movements }
  // A cancellation could not refund disputed money.
  if (status === 'won' && next.status === 'cancelling')
    return refundRemainder({ state: next, movements }, { reason: 'cancelled', by: shop, now })
  return endedIfOver({ state: { ...next, paymentStatus: statusAfterRefunds(next) }, movements }, now)
}
