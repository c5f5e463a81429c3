import { AppError } from '#errors'
import { refundRemainder } from '../payment/refund.rules.ts'
import { cancelled } from '../state/ending.rules.ts'
import { changed, combined, deadline, type Change } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import { movePayment } from '../state/order.outbox.ts'
import type { OrderState } from '../state/order.state.ts'

/** Cancelling: by the buyer, the staff or the payment deadline. */

/** A buyer's reason is the buyer's to see; staff's is not. */
const requested = (state: OrderState, { by, reason, message }: MessageOf<'cancel'>, now: Date): OrderState => {
  const texts = by.role === 'buyer' ? { detail: reason } : { detail: message, note: reason }
  return changed(state, { cancelledBy: by.role }, { at: now, by, event: 'cancel_requested', ...texts })
}

/** Cancels an order that is not paid. */
export const cancelUnpaid = (state: OrderState, message: MessageOf<'cancel'>, now: Date): Change =>
  abandonPayment(requested(state, message, now), now)

/** Takes over the cancellation by the deadline: a late capture is now refunded instead of making the order paid. */
export const takeOverCancellation = (state: OrderState, message: MessageOf<'cancel'>, now: Date): Change => ({
  state: state.cancelledBy === 'deadline' ? requested(state, message, now) : state,
})

export const deadlinePassed = (state: OrderState, _: unknown, now: Date): Change =>
  abandonPayment(
    changed(state, { cancelledBy: 'deadline' }, { at: now, by: deadline, event: 'payment_deadline_passed' }),
    now,
  )

/** Cancels immediately where nothing can be captured any more; otherwise once the provider has confirmed the void. */
function abandonPayment(state: OrderState, now: Date): Change {
  const isUnchargeable = state.payment.intentId === null || state.paymentStatus === 'declined'
  const next: OrderState = { ...state, payment: { ...state.payment, wanted: 'void' } }
  const consequences = { outbox: [movePayment(state.id)], cancelMessages: ['paymentDeadline'] }
  if (isUnchargeable) return combined(consequences, cancelled({ state: { ...next, paymentStatus: 'voided' } }, now))
  return { state: { ...next, status: 'cancelling' }, ...consequences }
}

/**
 * Cancels a paid order of which nothing was sent: held money is released, captured money is refunded.
 * @throws AppError `order_state` once part of it was sent, or while the buyer's bank disputes the payment
 */
export function cancelPaid(state: OrderState, message: MessageOf<'cancel'>, now: Date): Change {
  if (state.fulfilmentStatus !== 'unfulfilled')
    throw new AppError('order_state', {
      message: 'Part of the order has been sent. Cancel the lines that were not sent, and take back the others.',
    })
  if (state.disputes.some(({ status }) => status === 'opened'))
    throw new AppError('order_state', {
      message: "The buyer's bank disputes this payment. Cancel once the dispute is closed.",
    })
  const next: OrderState = { ...requested(state, message, now), status: 'cancelling' }
  if (next.paymentStatus === 'authorised') return releaseHold(next)
  return refundRemainder({ state: next }, { reason: message.reason ?? 'cancelled', by: message.by, now })
}

/** Has the provider void the held payment. A capture that is under way is left to finish, and refunded then. */
const releaseHold = (state: OrderState): Change =>
  state.payment.wanted === 'capture'
    ? { state }
    : { state: { ...state, payment: { ...state.payment, wanted: 'void' } }, outbox: [movePayment(state.id)] }

/** Carries out a refund that the previous release requested with `payment.wanted: 'refund'` in the order's row. */
export function refundForPreviousRelease(state: OrderState, _: unknown, now: Date): Change {
  const next: OrderState = { ...state, payment: { ...state.payment, wanted: 'nothing' } }
  if (next.paymentStatus === 'authorised') return releaseHold(next)
  return refundRemainder({ state: next }, { reason: 'cancelled', by: deadline, now })
}
