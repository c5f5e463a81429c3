import { stepOf } from './currencies.ts'
import type { Charge, Dispute, Refund, BalanceTransaction } from './model.ts'

/** Fee of a dispute, in minor units of any currency; not returned when the dispute is won. */
const disputeFee = 1_500

/** Stripe's standard fee for cards, 2.9 % + 0.30; not returned by a refund. */
function cardFee(amount: number, currency: string): number {
  const step = stepOf(currency)
  return Math.min(amount, Math.round((Math.round(amount * 0.029) + 30) / step) * step)
}

/** Deterministic id, derived from the id of the source (charge, refund or dispute). */
export function balanceTransactionIdOf(sourceId: string): string {
  return `txn_${sourceId.slice(sourceId.indexOf('_') + 1)}`
}

/** Id of the transaction that reverses the first transaction of its source. */
export function reversalTransactionIdOf(sourceId: string): string {
  return `${balanceTransactionIdOf(sourceId)}r`
}

/** The transaction of a captured charge; none before the capture. */
export function balanceTransactionsOfCharge({
  id: source,
  amountCaptured: amount,
  capturedAtMs: createdAtMs,
  ...charge
}: Charge): BalanceTransaction[] {
  if (createdAtMs === null) return []
  const { currency, description } = charge
  const fee = cardFee(amount, currency)
  return [
    { id: balanceTransactionIdOf(source), type: 'charge', source, createdAtMs, amount, fee, currency, description },
  ]
}

/** The withdrawal of a refund, and its return if the refund failed. */
export function balanceTransactionsOfRefund({
  id: source,
  createdAtMs,
  amount,
  currency,
  failedAtMs,
}: Refund): BalanceTransaction[] {
  const shared = { source, fee: 0, currency, description: null }
  const withdrawn = {
    ...shared,
    id: balanceTransactionIdOf(source),
    type: 'refund' as const,
    createdAtMs,
    amount: -amount,
  }
  if (failedAtMs === null) return [withdrawn]
  const type = 'refund_failure' as const
  return [withdrawn, { ...shared, id: reversalTransactionIdOf(source), type, createdAtMs: failedAtMs, amount }]
}

/** The withdrawal of a dispute with its fee, and the return of the amount if the dispute was won. */
export function balanceTransactionsOfDispute(dispute: Dispute): BalanceTransaction[] {
  const { id: source, createdAtMs, amount, currency, status, closedAtMs } = dispute
  const shared = { source, type: 'adjustment' as const, currency }
  const withdrawn = {
    ...shared,
    id: balanceTransactionIdOf(source),
    createdAtMs,
    amount: -amount,
    fee: disputeFee,
    description: `Chargeback withdrawal for ${dispute.charge}`,
  }
  if (status !== 'won' || closedAtMs === null) return [withdrawn]
  const description = `Chargeback reversal for ${dispute.charge}`
  return [
    withdrawn,
    { ...shared, id: reversalTransactionIdOf(source), createdAtMs: closedAtMs, amount, fee: 0, description },
  ]
}
