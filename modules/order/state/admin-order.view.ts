import type { Queryable } from '#db'
import type { Money } from '#schemas'
import type { AdminOrder } from '../admin.contract.ts'
import { ledgerOf } from '../ledger/ledger.store.ts'
import { capturedMinor, refundableMinor } from './balance.rules.ts'
import { entryView, orderView } from './order.view.ts'
import type { OrderState } from './order.state.ts'

/** The whole order for staff, with its ledger entries. */
export async function adminView(query: Queryable, state: OrderState): Promise<AdminOrder> {
  const money = (amount: number): Money => ({ amount, currency: state.currency })
  const { payment } = state
  const entries = await ledgerOf(query, state.id)
  return {
    ...orderView(state),
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
    refunds: state.refunds.map(({ requestedAt, amountMinor, settledAt: _, ...refund }) => ({
      ...refund,
      at: requestedAt.toISOString(),
      amount: money(amountMinor),
    })),
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
      userId: entry.userId,
      isInternal: entry.isInternal,
    })),
  }
}
