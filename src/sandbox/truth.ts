import type { Ledger } from './ledger.ts'
import type { Intent } from './model.ts'

/** What a checker reads: counted from the charges, refunds and disputes themselves, not from what the intent says of them. */
export function truthOf(ledger: Ledger, intent: Intent) {
  const charges = ledger.charges.ownedBy(intent.id)
  const captures = charges.filter((charge) => charge.capturedAtMs !== null)
  const refunds = ledger.refunds.ownedBy(intent.id)
  const disputes = ledger.disputes.ownedBy(intent.id)
  const movements = [...charges, ...refunds, ...disputes].flatMap(({ id }) => ledger.transactions.ownedBy(id))
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
    /** Without those that failed. */
    refunded: sum(
      refunds.filter((refund) => refund.status !== 'failed'),
      (refund) => refund.amount,
    ),
    refunds: refunds.map(({ id, amount, status, metadata }) => ({ id, amount, status, metadata })),
    /** Taken back by the buyer's bank and not won. */
    disputed: sum(
      disputes.filter((dispute) => dispute.status !== 'won'),
      (dispute) => dispute.amount,
    ),
    disputes: disputes.map(({ id, amount, status, reason }) => ({ id, amount, status, reason })),
    fees: sum(movements, (movement) => movement.fee),
    /** What the payment has brought the shop: all of its movements, fees paid. */
    balance: sum(movements, (movement) => movement.amount - movement.fee),
  }
}

/** Totals over all intents, per currency. */
export function totalsOf(ledger: Ledger) {
  const currencies: Record<string, ReturnType<typeof emptyTotals>> = {}
  for (const intent of ledger.intents.all()) {
    const totals = (currencies[intent.currency] ??= emptyTotals())
    const truth = truthOf(ledger, intent)
    totals.intents++
    totals.statuses[intent.status] = (totals.statuses[intent.status] ?? 0) + 1
    totals.captures += truth.captures
    totals.captured += truth.captured
    totals.refunded += truth.refunded
    totals.net += truth.captured - truth.refunded
    totals.disputed += truth.disputed
    totals.fees += truth.fees
    totals.balance += truth.balance
  }
  return currencies
}

function emptyTotals() {
  const statuses: Partial<Record<Intent['status'], number>> = {}
  return { intents: 0, statuses, captures: 0, captured: 0, refunded: 0, net: 0, disputed: 0, fees: 0, balance: 0 }
}

function sum<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0)
}
