import type { Charge, Dispute, Refund, Transaction } from './model.ts'

/** What each dispute costs, in minor units of whatever currency; kept when it is won. */
const disputeFee = 1_500

/** Stripe's standard price for cards, 2.9 % + 0.30, kept when the money is given back. */
function cardFee(amount: number): number {
  return Math.min(amount, Math.round(amount * 0.029) + 30)
}

/** The same for ever: it is made from the id of what moved the balance. */
export function transactionIdOf(sourceId: string): string {
  return `txn_${sourceId.slice(sourceId.indexOf('_') + 1)}`
}

/** Of the movement that undoes the first one of its source. */
export function reversalIdOf(sourceId: string): string {
  return `${transactionIdOf(sourceId)}r`
}

export function transactionsOfCharge({
  id: source,
  amountCaptured: amount,
  capturedAtMs: createdAtMs,
  ...charge
}: Charge): Transaction[] {
  if (createdAtMs === null) return []
  const { currency, description } = charge
  const fee = cardFee(amount)
  return [{ id: transactionIdOf(source), type: 'charge', source, createdAtMs, amount, fee, currency, description }]
}

export function transactionsOfRefund({ id: source, createdAtMs, amount, currency, failedAtMs }: Refund): Transaction[] {
  const shared = { source, fee: 0, currency, description: null }
  const made = { ...shared, id: transactionIdOf(source), type: 'refund' as const, createdAtMs, amount: -amount }
  if (failedAtMs === null) return [made]
  const type = 'refund_failure' as const
  return [made, { ...shared, id: reversalIdOf(source), type, createdAtMs: failedAtMs, amount }]
}

export function transactionsOfDispute(dispute: Dispute): Transaction[] {
  const { id: source, createdAtMs, amount, currency, status, closedAtMs } = dispute
  const shared = { source, type: 'adjustment' as const, currency }
  const withdrawn = {
    ...shared,
    id: transactionIdOf(source),
    createdAtMs,
    amount: -amount,
    fee: disputeFee,
    description: `Chargeback withdrawal for ${dispute.charge}`,
  }
  if (status !== 'won' || closedAtMs === null) return [withdrawn]
  const description = `Chargeback reversal for ${dispute.charge}`
  return [withdrawn, { ...shared, id: reversalIdOf(source), createdAtMs: closedAtMs, amount, fee: 0, description }]
}
