import { rejectedOutcome } from './api-error.ts'
import type { Charge, Dispute, Outcome } from './model.ts'

/** Disputes (docs.stripe.com/disputes). Pure: ids and times come from the caller. */

/** Withdraws the unrefunded amount of a captured charge. A charge can be disputed once. */
export function openDispute(charge: Charge, fields: Pick<Dispute, 'id' | 'createdAtMs' | 'reason'>): Outcome {
  const amount = charge.amountCaptured - charge.amountRefunded
  if (charge.isDisputed) return rejectedOutcome({ message: `Charge ${charge.id} has been disputed already.` })
  if (amount === 0) return rejectedOutcome({ message: `Of charge ${charge.id} nothing is left to dispute.` })
  const { intent, id, currency } = charge
  return {
    status: 200,
    charge: { ...charge, isDisputed: true },
    dispute: { ...fields, intent, charge: id, amount, currency, status: 'needs_response', closedAtMs: null },
    events: ['charge.dispute.created', 'charge.dispute.funds_withdrawn'],
  }
}

/** Closes a dispute. Winning it returns the amount, not the fee. */
export function closeDispute(dispute: Dispute, status: 'won' | 'lost', nowMs: number): Outcome {
  if (dispute.status !== 'needs_response')
    return rejectedOutcome({ message: `This dispute is ${dispute.status} already.` })
  return {
    status: 200,
    dispute: { ...dispute, status, closedAtMs: nowMs },
    events: status === 'won' ? ['charge.dispute.closed', 'charge.dispute.funds_reinstated'] : ['charge.dispute.closed'],
  }
}
