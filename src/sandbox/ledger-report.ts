import type { Ledger } from './ledger.ts'
import type { PaymentIntent } from './model.ts'

/** Report of one payment for reconciliation, computed from its charges, refunds and disputes, not from the PaymentIntent's own totals. */
export function paymentReport(ledger: Ledger, intent: PaymentIntent) {
  const charges = ledger.charges.ownedBy(intent.id)
  const captures = charges.filter((charge) => charge.capturedAtMs !== null)
  const refunds = ledger.refunds.ownedBy(intent.id)
  const disputes = ledger.disputes.ownedBy(intent.id)
  const movements = [...charges, ...refunds, ...disputes].flatMap(({ id }) => ledger.balanceTransactions.ownedBy(id))
  return {
    id: intent.id,
    created_at: new Date(intent.createdAtMs).toISOString(),
    status: intent.status,
    amount: intent.amount,
    currency: intent.currency,
    metadata: intent.metadata,
    authorised: intent.amountCapturable,
    captured: sum(captures, (charge) => charge.amountCaptured),
    captures: captures.length,
    attempts: charges.length,
    /** Without failed refunds. */
    refunded: sum(
      refunds.filter((refund) => refund.status !== 'failed'),
      (refund) => refund.amount,
    ),
    refunds: refunds.map(({ id, amount, status, metadata }) => ({ id, amount, status, metadata })),
    /** Withdrawn by the buyer's bank; without won disputes. */
    disputed: sum(
      disputes.filter((dispute) => dispute.status !== 'won'),
      (dispute) => dispute.amount,
    ),
    disputes: disputes.map(({ id, amount, status, reason }) => ({ id, amount, status, reason })),
    fees: sum(movements, (movement) => movement.fee),
    /** Sum of the payment's balance transactions, net of fees. */
    balance: sum(movements, (movement) => movement.amount - movement.fee),
  }
}

/** Totals of all payments, per currency. */
export function currencyTotals(ledger: Ledger) {
  const currencies: Record<string, ReturnType<typeof emptyTotals>> = {}
  for (const intent of ledger.paymentIntents.all()) {
    const totals = (currencies[intent.currency] ??= emptyTotals())
    const report = paymentReport(ledger, intent)
    totals.intents++
    totals.statuses[intent.status] = (totals.statuses[intent.status] ?? 0) + 1
    totals.captures += report.captures
    totals.captured += report.captured
    totals.refunded += report.refunded
    totals.net += report.captured - report.refunded
    totals.disputed += report.disputed
    totals.fees += report.fees
    totals.balance += report.balance
  }
  return currencies
}

function emptyTotals() {
  const statuses: Partial<Record<PaymentIntent['status'], number>> = {}
  return { intents: 0, statuses, captures: 0, captured: 0, refunded: 0, net: 0, disputed: 0, fees: 0, balance: 0 }
}

function sum<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0)
}
