import type { Queryable } from '#db'
import type { Money } from '#schemas'
import type { AdminListedOrder, AdminOrder } from '../admin.contract.ts'
import { ledgerOf } from '../ledger/ledger.store.ts'
import { capturedMinor, refundableMinor } from './balance.rules.ts'
import { entryView, orderView, refundView } from './order.view.ts'
import type { OrderState } from './order.state.ts'

/** An order in staff's lists. */
export const listedView = (state: OrderState): AdminListedOrder => ({
  ...orderView(state),
  attention: state.attention ?? [],
})

/** The whole order for staff, with its ledger entries. */
export async function adminView(query: Queryable, state: OrderState): Promise<AdminOrder> {
  const money = (amount: number): Money => ({ amount, currency: state.currency })
  const { payment } = state
  const entries = await ledgerOf(query, state.id)
  return {
    ...orderView(state),
    attention: state.attention ?? [],
    userId: state.userId,
    payment: {
      provider: payment.provider,
      methodId: payment.methodId,
      intentId: payment.intentId,
      attempt: payment.attempt,
      capture: payment.capture,
      held: money(payment.heldMinor),
      captured: money(capturedMinor(state)),
      refundable: money(refundableMinor(state)),
      fee: payment.feeMinor === null ? null : money(payment.feeMinor),
    },
    refunds: state.refunds.map((refund) => {
      const { reason, method, replaces, intentId, providerRefundId, failure } = refund
      return { ...refundView(refund, state.currency), reason, method, replaces, intentId, providerRefundId, failure }
    }),
    cancellations: state.cancellations.map(({ at, ...cancellation }) => ({ ...cancellation, at: at.toISOString() })),
    returns: state.returns.map(({ at, ...orderReturn }) => ({ ...orderReturn, at: at.toISOString() })),
    disputes: state.disputes.map(({ amountMinor, feeMinor, openedAt, closedAt, ...dispute }) => ({
      ...dispute,
      amount: money(amountMinor),
      fee: money(feeMinor),
      openedAt: openedAt.toISOString(),
      closedAt: closedAt?.toISOString() ?? null,
    })),
    ledger: entries.map(({ movementId, kind, account, currency, amountMinor, at }) => ({
      movementId,
      kind,
      account,
      amount: { amount: amountMinor, currency },
      at: at.toISOString(),
    })),
    timeline: state.timeline.map((entry) => ({
      ...entryView(entry),
      note: entry.note,
      userId: entry.userId,
      isInternal: entry.isInternal,
    })),
  }
}
