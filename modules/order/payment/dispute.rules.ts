import { endedIfOver } from '../state/ending.rules.ts'
import { statusAfterRefunds } from '../state/balance.rules.ts'
import { changed, moneyMove, provider, type OrderDecision } from '../state/order.change.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

/** Disputes: the buyer's bank takes the money back, until it is won; if it is lost, it is back with the buyer. */
export function disputeReported(state: OrderState, message: MessageOf<'dispute'>, now: Date): OrderDecision {
  const { disputeId: id, amount, feeMinor, reason, status } = message
  const former = state.disputes.find((one) => one.id === id)
  // Forward only: opened, then won or lost. Whichever is told first, its beginning is booked with it.
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
    { disputes: [...state.disputes.filter((one) => one.id !== id), dispute] },
    { at: now, by: provider, event: `dispute_${status}`, detail: reason },
  )
  const fee = feeMinor - (former?.feeMinor ?? 0)
  const movements = [
    ...(former === undefined ? moneyMove(state, { kind: 'dispute', reference: id, amountMinor }) : []),
    ...(status === 'won' ? moneyMove(state, { kind: 'dispute_won', reference: id, amountMinor }) : []),
    // What the provider keeps can change when it is decided.
    ...moneyMove(state, {
      kind: fee < 0 ? 'fee_returned' : 'fee',
      reference: former === undefined ? id : `${id}:${status}`,
      amountMinor: Math.abs(fee),
    }),
  ]
  if (status !== 'lost') return { state: next, movements }
  return endedIfOver({ state: { ...next, paymentStatus: statusAfterRefunds(next) }, movements }, now)
}
