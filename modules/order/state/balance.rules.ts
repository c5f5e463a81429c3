import type { PaymentStatus } from '../contract.ts'
import type { OrderState } from './order.state.ts'

/** What an order's payment amounts to at this moment, in minor units of its currency. */

/** What was captured, before anything went back. */
export function capturedMinor({ payment, paymentStatus, totalMinor }: OrderState): number {
  // A version that did not keep the sum captures the whole of it, and gives the whole of it back.
  return payment.capturedMinor ?? (paymentStatus === 'captured' ? totalMinor : 0)
}

/** Whether a version that keeps no sums has captured it and given it back. */
export const isGivenBackUnbooked = ({ payment, paymentStatus }: OrderState): boolean =>
  payment.capturedMinor === null && paymentStatus === 'refunded'

/** Refunds of the payment that pays for this order; there may be others, of money that came unasked. */
const ownRefunds = ({ refunds, payment }: OrderState): OrderState['refunds'] =>
  refunds.filter(({ intentId }) => intentId === payment.intentId)

const sum = (rows: readonly { amountMinor: number }[]): number =>
  rows.reduce((total, { amountMinor }) => total + amountMinor, 0)

/** What is back with the buyer for good: refunds that succeeded, disputes that were lost. */
const returnedMinor = (state: OrderState): number =>
  sum(ownRefunds(state).filter(({ status }) => status === 'succeeded')) +
  sum(state.disputes.filter(({ status }) => status === 'lost'))

/** What can still be refunded: not what is on its way back, nor what the buyer's bank has taken. */
export const refundableMinor = (state: OrderState): number =>
  Math.max(
    0,
    capturedMinor(state) -
      sum(ownRefunds(state).filter(({ status }) => status !== 'failed')) -
      sum(state.disputes.filter(({ status }) => status !== 'won')),
  )

/** Whether money of the buyer's is with us. */
export const isKept = (state: OrderState): boolean => capturedMinor(state) > returnedMinor(state)

/** What a payment is called after refunds; what was not captured keeps its name. */
export function statusAfterRefunds(state: OrderState): PaymentStatus {
  const whole = capturedMinor(state)
  const returned = returnedMinor(state)
  if (whole === 0) return state.paymentStatus
  if (returned === 0) return 'captured'
  return returned >= whole ? 'refunded' : 'partially_refunded'
}
