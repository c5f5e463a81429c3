import { AppError } from '#errors'
import { cancelled } from '../state/ending.rules.ts'
import { both, changed, deadline, movePayment, type Change } from '../state/order.change.ts'
import type { MessageOf } from '../state/order.message.ts'
import { refundRest } from '../payment/refund.rules.ts'
import type { OrderState } from '../state/order.state.ts'

/** Cancelling: by the buyer, the staff or the payment deadline. */

const requested = (state: OrderState, { by, reason }: MessageOf<'cancel'>, now: Date): OrderState =>
  changed(state, { cancelledBy: by.role }, { at: now, by, event: 'cancel_requested', detail: reason })

/** An order that is not paid. */
export const cancelUnpaid = (state: OrderState, message: MessageOf<'cancel'>, now: Date): Change =>
  giveUp(requested(state, message, now), now)

/** One that the deadline is ending: from now on a capture that comes late is given back instead of kept. */
export const cancelToo = (state: OrderState, message: MessageOf<'cancel'>, now: Date): Change => ({
  state: state.cancelledBy === 'deadline' ? requested(state, message, now) : state,
})

export const deadlinePassed = (state: OrderState, _: unknown, now: Date): Change =>
  giveUp(changed(state, { cancelledBy: 'deadline' }, { at: now, by: deadline, event: 'payment_deadline_passed' }), now)

/** At once where nothing can be captured any more, else when the provider has confirmed that. */
function giveUp(state: OrderState, now: Date): Change {
  const isQuiet = state.payment.intentId === null || state.paymentStatus === 'declined'
  const wanted: OrderState = { ...state, payment: { ...state.payment, wanted: 'void' } }
  const consequences = { outbox: [movePayment(state.id)], cancelMessages: ['paymentDeadline'] }
  if (isQuiet) return both(consequences, cancelled({ state: { ...wanted, paymentStatus: 'voided' } }, now))
  return { state: { ...wanted, status: 'cancelling' }, ...consequences }
}

/**
 * A paid order of which nothing was sent: money that is held is let go, money that was captured goes back.
 * @throws AppError `order_state` once it was sent, or while the buyer's bank disputes the payment
 */
export function cancelPaid(state: OrderState, message: MessageOf<'cancel'>, now: Date): Change {
  if (state.fulfilmentStatus !== 'unfulfilled')
    throw new AppError('order_state', { message: 'Part of the order has been sent. Return it instead.' })
  if (state.disputes.some(({ status }) => status === 'opened'))
    throw new AppError('order_state', {
      message: "The buyer's bank disputes this payment. Cancel once the dispute is closed.",
    })
  const next: OrderState = { ...requested(state, message, now), status: 'cancelling' }
  if (next.paymentStatus === 'authorised') return letGo(next)
  return refundRest({ state: next }, { reason: message.reason ?? 'cancelled', by: message.by, now })
}

/** A capture that is under way is waited for, and refunded. */
const letGo = (state: OrderState): Change =>
  state.payment.wanted === 'capture'
    ? { state }
    : { state: { ...state, payment: { ...state.payment, wanted: 'void' } }, outbox: [movePayment(state.id)] }

/** The version before has put into the order's row that it wants the money back: done in this one's way. */
export function refundAsBefore(state: OrderState, _: unknown, now: Date): Change {
  const next: OrderState = { ...state, payment: { ...state.payment, wanted: 'nothing' } }
  if (next.paymentStatus === 'authorised') return letGo(next)
  return refundRest({ state: next }, { reason: 'cancelled', by: deadline, now })
}
