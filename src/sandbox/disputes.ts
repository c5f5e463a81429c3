import { rejected } from './api-error.ts'
import type { Charge, Dispute, Outcome } from './model.ts'

/** The buyer's bank takes money back (docs.stripe.com/disputes). Pure: ids and times come from the caller. */

/** Withdraws what is left of a captured charge; a charge is disputed once. */
export function openDispute(charge: Charge, fields: Pick<Dispute, 'id' | 'createdAtMs' | 'reason'>): Outcome {
  const amount = charge.amountCaptured - charge.amountRefunded
  if (charge.isDisputed) return rejected({ message: `Charge ${charge.id} has been disputed already.` })
  if (amount === 0) return rejected({ message: `Of charge ${charge.id} nothing is left to dispute.` })
  const { intent, id, currency } = charge
  return {
    status: 200,
    charge: { ...charge, isDisputed: true },
    dispute: { ...fields, intent, charge: id, amount, currency, status: 'needs_response', closedAtMs: null },
    events: ['charge.dispute.created', 'charge.dispute.funds_withdrawn'],
  }
}

/** The bank's verdict: won gives the money back, not the fee. */
export function closeDispute(dispute: Dispute, status: 'won' | 'lost', nowMs: number): Outcome {
  if (dispute.status !== 'needs_response') return rejected({ message: `This dispute is ${dispute.status} already.` })
  return {
    status: 200,
    dispute: { ...dispute, status, closedAtMs: nowMs },
    events: status === 'won' ? ['charge.dispute.closed', 'charge.dispute.funds_reinstated'] : ['charge.dispute.closed'],
  }
}
