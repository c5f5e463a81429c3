import type { Envelope } from '#actor'
import { AppError } from '#errors'
import { cancelled } from '../state/ending.rules.ts'
import { capturedMinor, isGivenBackUnbooked, statusAfterRefunds } from '../state/balance.rules.ts'
import {
  askFee,
  buyer,
  changed,
  later,
  moneyMove,
  provider,
  sendEmail,
  movePayment,
  stockMoves,
  takeHeld,
  type Change,
  type OrderDecision,
  type OrderMovement,
} from '../state/order.change.ts'
import type { MessageOf, ResultOf } from '../state/order.message.ts'
import { refundRest, returnMoney } from './refund.rules.ts'
import type { OrderState, PaymentState } from '../state/order.state.ts'

/** Paying: what the provider tells of the order's payment, and the buyer's further attempts at it. */

/** How long after a lost reply we look (the reply may only be late), and how often while the buyer is at the bank, ms. */
const lookAfterMs = 500
export const lookEveryMs = 10_000
/** How long after a capture the provider is asked for its fee, if it did not say, ms. */
const feeAfterMs = 60_000

/** A second opening of the same attempt (its first reply was lost) is dropped: nothing is charged on it. */
export function opened(state: OrderState, { intentId, attempt }: MessageOf<'paymentOpened'>): OrderDecision {
  if (state.payment.intentId !== null || state.payment.attempt !== attempt) return {}
  return { state: changed(state, { payment: { ...state.payment, intentId } }), outbox: [movePayment(state.id)] }
}

/** The charge may have been made: it is looked for before it is sent again. */
export function unknown(state: OrderState, message: MessageOf<'paymentUnknown'>, now: Date): OrderDecision {
  const { intentId, attempt, round } = message
  const isCurrent = intentId === state.payment.intentId && attempt === state.payment.attempt
  if (!isCurrent || state.paymentStatus !== 'pending') return {}
  return {
    state: changed(state, { paymentStatus: 'unknown' }, { at: now, by: provider, event: 'payment_unknown' }),
    outbox: [movePayment(state.id, { dueAt: later(now, lookAfterMs), round })],
  }
}

export function requiresAction(
  state: OrderState,
  { result, attempt }: ResultOf<'requires_action'>,
  now: Date,
): OrderDecision {
  if (attempt !== state.payment.attempt || state.paymentStatus === 'requires_action') return {}
  return {
    state: changed(
      state,
      { paymentStatus: 'requires_action', payment: { ...state.payment, actionUrl: result.url } },
      { at: now, by: provider, event: 'payment_requires_action' },
    ),
    // The webhook is faster where there is one.
    outbox: [movePayment(state.id, { dueAt: later(now, lookEveryMs) })],
  }
}

/** The money is ours: the order is paid and its stock sold. */
export function captured(state: OrderState, message: ResultOf<'captured'>, now: Date): Change {
  const { payment, movements, outbox: mail } = bookCapture(state, { message, now })
  return {
    state: changed(
      state,
      {
        status: 'paid',
        paymentStatus: statusAfterRefunds({ ...state, payment }),
        paymentDeadline: null,
        cancelledBy: null,
        payment,
      },
      { at: now, by: provider, event: 'paid' },
    ),
    movements: [...stockMoves(state, 'take'), ...movements],
    outbox: [sendEmail(state.id, 'confirmed'), ...mail],
    cancelMessages: ['paymentDeadline'],
  }
}

/** The money that was held is taken: at the first fulfilment, or when staff asked for it. */
export function capturedHeld(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (state.paymentStatus !== 'authorised') return capturedAgain(state, message, now)
  const { payment, movements, outbox: mail } = bookCapture(state, { message, now })
  return {
    state: changed(
      state,
      { paymentStatus: statusAfterRefunds({ ...state, payment }), payment },
      { at: now, by: provider, event: 'paid' },
    ),
    movements: [...stockMoves(state, 'take'), ...movements],
    outbox: mail,
  }
}

/** Known already; but its fee may be news, or the whole of it to the ledger (it was captured by the version before). */
export function capturedAgain(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  const { payment } = state
  const isNews = payment.capturedMinor === null || (payment.feeMinor === null && message.result.feeMinor !== null)
  if (!isNews || isGivenBackUnbooked(state)) return {}
  const { payment: next, movements } = bookCapture(state, { message, now })
  return { state: changed(state, { payment: next }), movements }
}

/** The capture has won the race against the cancellation. */
export function capturedWhileCancelling(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (capturedMinor(state) > 0) return capturedAgain(state, message, now)
  // Nobody but the deadline wanted to be rid of the order: it is paid after all.
  if (state.cancelledBy === 'deadline') return captured(state, message, now)
  return capturedTooLate(state, message, { now, event: 'captured_while_cancelling' })
}

/** What was captured after the end goes back. */
export function capturedAfterCancelling(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (capturedMinor(state) > 0 || isGivenBackUnbooked(state)) return capturedAgain(state, message, now)
  return capturedTooLate(state, message, { now, event: 'captured_after_cancelling' })
}

function capturedTooLate(
  state: OrderState,
  message: ResultOf<'captured'>,
  { now, event }: { now: Date; event: string },
): Change {
  const { payment, movements, outbox: mail } = bookCapture(state, { message, now })
  const paymentStatus = statusAfterRefunds({ ...state, payment })
  const next = changed(state, { paymentStatus, payment }, { at: now, by: provider, event })
  return refundRest({ state: next, movements, outbox: mail }, { reason: event, by: provider, now })
}

/** Books what is not booked yet: letting the hold go, the capture, the provider's fee. */
function bookCapture(
  state: OrderState,
  { message, now }: { message: ResultOf<'captured'>; now: Date },
): { payment: PaymentState; movements: OrderMovement[]; outbox: Envelope[] } {
  const { payment } = state
  const { intentId, result } = message
  const { amountMinor, feeMinor } = result
  return {
    payment: {
      ...payment,
      wanted: 'nothing',
      actionUrl: null,
      heldMinor: 0,
      capturedMinor: payment.capturedMinor ?? amountMinor,
      feeMinor: payment.feeMinor ?? feeMinor,
    },
    movements: [
      ...moneyMove(state, { kind: 'hold_released', reference: intentId, amountMinor: payment.heldMinor }),
      ...(payment.capturedMinor === null
        ? moneyMove(state, { kind: 'capture', reference: intentId, amountMinor })
        : []),
      ...(payment.feeMinor === null
        ? moneyMove(state, { kind: 'fee', reference: intentId, amountMinor: feeMinor ?? 0 })
        : []),
    ],
    outbox: feeMinor === null && payment.feeMinor === null ? [askFee(state.id, later(now, feeAfterMs))] : [],
  }
}

/** The money is held for us: the payment is secured, the stock stays reserved until it is taken. */
export function authorised(state: OrderState, { intentId, result }: ResultOf<'authorised'>, now: Date): Change {
  const isWanted = state.payment.capture === 'now'
  return {
    state: changed(
      state,
      {
        status: 'paid',
        paymentStatus: 'authorised',
        paymentDeadline: null,
        payment: {
          ...state.payment,
          wanted: isWanted ? 'capture' : 'nothing',
          actionUrl: null,
          heldMinor: result.amountMinor,
        },
      },
      { at: now, by: provider, event: 'authorised' },
    ),
    movements: moneyMove(state, { kind: 'hold', reference: intentId, amountMinor: result.amountMinor }),
    outbox: [sendEmail(state.id, 'confirmed'), ...(isWanted ? [takeHeld(state.id)] : [])],
    cancelMessages: ['paymentDeadline'],
  }
}

/** Money held for an order that is not wanted any more is let go again. */
export const authorisedTooLate = (state: OrderState): OrderDecision => ({
  state: changed(state, { payment: { ...state.payment, wanted: 'void' } }),
  outbox: [movePayment(state.id)],
})

export function declined(state: OrderState, { result, attempt }: ResultOf<'declined'>, now: Date): OrderDecision {
  // A webhook does not say which attempt it means: it makes us look, if we wait for the buyer's bank.
  if (attempt === undefined) return state.paymentStatus === 'requires_action' ? { outbox: [movePayment(state.id)] } : {}
  if (attempt !== state.payment.attempt || state.paymentStatus === 'declined') return {}
  return {
    state: changed(
      state,
      { paymentStatus: 'declined', payment: { ...state.payment, actionUrl: null } },
      { at: now, by: provider, event: 'payment_declined', detail: result.code },
    ),
  }
}

/** The charge that was under way when the order was cancelled has come to nothing. */
export function declinedWhileCancelling(
  state: OrderState,
  { attempt, intentId }: ResultOf<'declined'>,
  now: Date,
): OrderDecision {
  if (attempt !== state.payment.attempt) return {}
  return voidedWhileCancelling(state, { intentId }, now)
}

/** Given up at the provider, not by us: the buyer may pay again, with a payment that is opened anew. */
export const voidedUnasked = (state: OrderState, _: unknown, now: Date): OrderDecision => ({
  state: changed(
    state,
    { paymentStatus: 'declined', payment: { ...state.payment, intentId: null, actionUrl: null } },
    { at: now, by: provider, event: 'payment_declined', detail: 'voided' },
  ),
})

/** The hold has lapsed: what was not sent is cancelled, what was sent is gone and not paid, which is for the staff. */
export function holdLapsed(state: OrderState, { intentId }: { intentId: string }, now: Date): OrderDecision {
  if (state.paymentStatus !== 'authorised') return {}
  const released = moneyMove(state, {
    kind: 'hold_released',
    reference: intentId,
    amountMinor: state.payment.heldMinor,
  })
  const payment = { ...state.payment, wanted: 'nothing' as const, heldMinor: 0 }
  if (state.fulfilmentStatus === 'unfulfilled') {
    const entry = { at: now, by: provider, event: 'authorisation_lapsed' }
    const next = changed(state, { paymentStatus: 'voided', payment, cancelledBy: 'provider' }, entry)
    return cancelled({ state: next, movements: released }, now)
  }
  return {
    state: changed(state, { paymentStatus: 'voided', payment }, { at: now, by: provider, event: 'capture_failed' }),
    movements: [...stockMoves(state, 'take'), ...released],
  }
}

/** Nothing was charged, and nothing will be. */
export function voidedWhileCancelling(state: OrderState, { intentId }: { intentId: string }, now: Date): OrderDecision {
  if (capturedMinor(state) > 0) return {}
  const released = moneyMove(state, {
    kind: 'hold_released',
    reference: intentId,
    amountMinor: state.payment.heldMinor,
  })
  const payment = { ...state.payment, wanted: 'nothing' as const, heldMinor: 0 }
  return cancelled({ state: changed(state, { paymentStatus: 'voided', payment }), movements: released }, now)
}

/** Money on a payment that is not this order's (made at the provider, or opened twice) goes back. */
export function strayPayment(state: OrderState, message: MessageOf<'paymentResult'>, now: Date): OrderDecision {
  const { intentId, result } = message
  const isKnown = state.refunds.some((refund) => refund.intentId === intentId)
  if (result.status !== 'captured' || isKnown) return {}
  const next = changed(state, {}, { at: now, by: provider, event: 'unexpected_payment', detail: intentId })
  const movements = [
    ...moneyMove(state, { kind: 'capture', reference: intentId, amountMinor: result.amountMinor }),
    ...moneyMove(state, { kind: 'fee', reference: intentId, amountMinor: result.feeMinor ?? 0 }),
  ]
  return returnMoney(
    { state: next, movements },
    {
      id: `stray-${intentId}`,
      intentId,
      amountMinor: result.amountMinor,
      reason: 'unexpected_payment',
      by: provider,
      now,
    },
  )
}

/** Pays again after a decline, or resumes what the bank wanted. */
export function payAgain(state: OrderState, { methodId, token }: MessageOf<'pay'>, now: Date): Change {
  if (state.paymentStatus !== 'declined' && state.paymentStatus !== 'requires_action')
    throw new AppError('order_state', { message: 'A payment for this order is under way. Wait for its result.' })
  const payment: PaymentState = {
    ...state.payment,
    methodId,
    token,
    attempt: state.payment.attempt + 1,
    wanted: 'capture',
    actionUrl: null,
  }
  return {
    state: changed(state, { paymentStatus: 'pending', payment }, { at: now, by: buyer, event: 'payment_retried' }),
    outbox: [movePayment(state.id)],
  }
}

/** Staff take the money that is held before anything is sent. */
export function capture(state: OrderState, { by }: MessageOf<'capture'>, now: Date): Change {
  if (state.paymentStatus !== 'authorised')
    throw new AppError('order_state', { message: 'No money is held for this order: there is nothing to capture.' })
  return {
    state: changed(
      state,
      { payment: { ...state.payment, wanted: 'capture' } },
      { at: now, by, event: 'capture_requested' },
    ),
    outbox: [takeHeld(state.id)],
  }
}
