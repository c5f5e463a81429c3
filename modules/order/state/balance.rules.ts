import type { PaymentStatus } from '../contract.ts'
import type { OrderState } from './order.state.ts'

/** The balance of an order's payment, in minor units of its currency. */

/** The captured amount, before any refund or dispute. */
export function capturedMinor({ payment, paymentStatus, totalMinor }: OrderState): number {
  // The previous release does not store the amount: it always captures the whole total, and refunds the whole total.
  return payment.capturedMinor ?? (paymentStatus === 'captured' ? totalMinor : 0)
}

/** Whether the previous release, which books nothing, captured the payment and refunded it. */
export const wasRefundedUnbooked = ({ payment, paymentStatus }: OrderState): boolean =>
  payment.capturedMinor === null && paymentStatus === 'refunded'

/** Refunds of the order's own payment. Others return money of unexpected payments. */
const ownRefunds = ({ refunds, payment }: OrderState): OrderState['refunds'] =>
  refunds.filter(({ intentId }) => intentId === payment.intentId)

const sum = (rows: readonly { amountMinor: number }[]): number =>
  rows.reduce((total, { amountMinor }) => total + amountMinor, 0)

/** Money that is definitely back with the buyer: refunds that succeeded, disputes that were lost. */
const reversedMinor = (state: OrderState): number =>
  sum(ownRefunds(state).filter(({ status }) => status === 'succeeded')) +
  sum(state.disputes.filter(({ status }) => status === 'lost'))

/** The amount that can still be refunded: less pending refunds, and less disputes that are not won. */
export const refundableMinor = (state: OrderState): number =>
  Math.max(
    0,
    capturedMinor(state) -
      sum(ownRefunds(state).filter(({ status }) => status !== 'failed')) -
      sum(state.disputes.filter(({ status }) => status !== 'won')),
  )

/** Failed refunds that are still owed: none has replaced them, and the shop has the money. */
export function owedRefunds(state: OrderState): OrderState['refunds'] {
  const replaced = new Set(state.refunds.map(({ replaces }) => replaces))
  const owed = state.refunds.filter(
    ({ id, status, intentId }) =>
      status === 'failed' && !replaced.has(id) && (intentId !== state.payment.intentId || refundableMinor(state) > 0),
  )
  // A refund that names none, such as one made in the provider's dashboard, replaces one earlier failure of its amount.
  for (const later of state.refunds) {
    if (later.status === 'failed' || later.replaces !== null) continue
    const index = owed.findIndex(
      ({ intentId, amountMinor, settledAt, requestedAt }) =>
        intentId === later.intentId &&
        amountMinor === later.amountMinor &&
        later.requestedAt >= (settledAt ?? requestedAt),
    )
    if (index !== -1) owed.splice(index, 1)
  }
  return owed
}

/** Whether the shop still has money of the buyer. */
export const hasBuyerMoney = (state: OrderState): boolean => capturedMinor(state) > reversedMinor(state)

/** The payment status after refunds and disputes; a payment that was not captured keeps its status. */
export function statusAfterRefunds(state: OrderState): PaymentStatus {
  const captured = capturedMinor(state)
  const reversed = reversedMinor(state)
  if (captured === 0) return state.paymentStatus
  if (reversed === 0) return 'captured'
  return reversed >= captured ? 'refunded' : 'partially_refunded'
}
