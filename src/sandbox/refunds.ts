import { rejectedOutcome } from './api-error.ts'
import { stepViolation } from './currencies.ts'
import type { Charge, Outcome, Refund } from './model.ts'

/** Refunds (docs.stripe.com/refunds). Pure: ids and times come from the caller. */

export interface NewRefund extends Pick<Refund, 'id' | 'createdAtMs' | 'reason' | 'metadata' | 'status'> {
  /** Null refunds the whole unrefunded amount. */
  amount: number | null
}

/** Refunds a captured charge, up to its unrefunded amount. */
export function refundCharge(captured: Charge, { amount, status, ...fields }: NewRefund): Outcome {
  const unrefunded = captured.amountCaptured - captured.amountRefunded
  if (captured.amountCaptured > 0 && unrefunded === 0) {
    return rejectedOutcome({
      code: 'charge_already_refunded',
      message: `Charge ${captured.id} has already been refunded.`,
    })
  }
  if (unrefunded === 0) {
    const message = `Charge ${captured.id} has nothing captured to refund. Cancel its PaymentIntent instead.`
    return rejectedOutcome({ code: 'payment_intent_unexpected_state', message })
  }
  const refunded = amount ?? unrefunded
  const violation = stepViolation(refunded, captured.currency)
  if (violation !== undefined) return rejectedOutcome({ param: 'amount', message: violation })
  if (refunded > unrefunded) {
    const message = `Refund amount (${refunded}) is greater than unrefunded amount on charge (${unrefunded}).`
    return rejectedOutcome({ code: 'amount_too_large', param: 'amount', message })
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

/** Settles a refund as the buyer's bank: a pending refund succeeds or fails, and a succeeded refund may still fail. */
export function settleRefund(refund: Refund, charge: Charge, status: 'succeeded' | 'failed', nowMs: number): Outcome {
  if (refund.status === 'failed' || refund.status === status) {
    return rejectedOutcome({ message: `This refund is ${refund.status} and cannot become ${status}.` })
  }
  if (status === 'succeeded') return { status: 200, refund: { ...refund, status }, events: ['refund.updated'] }
  return {
    status: 200,
    charge: { ...charge, amountRefunded: charge.amountRefunded - refund.amount },
    refund: { ...refund, status, failedAtMs: nowMs },
    events: ['refund.updated', 'refund.failed'],
  }
}
