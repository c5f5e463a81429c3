import { rejected } from './api-error.ts'
import type { Charge, Outcome, Refund } from './model.ts'

/** Money given back (docs.stripe.com/refunds). Pure: ids and times come from the caller. */

export interface NewRefund extends Pick<Refund, 'id' | 'createdAtMs' | 'reason' | 'metadata' | 'status'> {
  /** Null gives back all that is left. */
  amount: number | null
}

/** Gives captured money back, never more than is left of it. */
export function refundCharge(captured: Charge, { amount, status, ...fields }: NewRefund): Outcome {
  const left = captured.amountCaptured - captured.amountRefunded
  if (captured.amountCaptured > 0 && left === 0) {
    return rejected({
      code: 'charge_already_refunded',
      message: `Charge ${captured.id} has already been refunded.`,
    })
  }
  if (left === 0) {
    const message = `Charge ${captured.id} has nothing captured to refund. Cancel its PaymentIntent instead.`
    return rejected({ code: 'payment_intent_unexpected_state', message })
  }
  const refunded = amount ?? left
  if (refunded > left) {
    const message = `Refund amount (${refunded}) is greater than unrefunded amount on charge (${left}).`
    return rejected({ code: 'amount_too_large', param: 'amount', message })
  }
  const { intent, id: charge, currency } = captured
  const refund: Refund = { ...fields, intent, charge, currency, amount: refunded, status, failedAtMs: null }
  if (status === 'failed') {
    const failed = { ...refund, failedAtMs: fields.createdAtMs }
    return { status: 200, refund: failed, events: ['refund.created', 'refund.failed'] }
  }
  return {
    status: 200,
    charge: { ...captured, amountRefunded: captured.amountRefunded + refunded },
    refund,
    events: ['refund.created', 'charge.refunded'],
  }
}

/** What the buyer's bank makes of a refund: one that waits arrives or fails, and one that had arrived may yet come back. */
export function settleRefund(refund: Refund, charge: Charge, status: 'succeeded' | 'failed', nowMs: number): Outcome {
  if (refund.status === 'failed' || refund.status === status) {
    return rejected({ message: `This refund is ${refund.status} and cannot become ${status}.` })
  }
  if (status === 'succeeded') return { status: 200, refund: { ...refund, status }, events: ['refund.updated'] }
  return {
    status: 200,
    charge: { ...charge, amountRefunded: charge.amountRefunded - refund.amount },
    refund: { ...refund, status, failedAtMs: nowMs },
    events: ['refund.updated', 'refund.failed'],
  }
}
