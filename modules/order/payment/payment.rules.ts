import type { Envelope } from '#actor'
import { AppError } from '#errors'
import { requireAttemptsLeft } from '../limits/review.rules.ts'
import { capturedMinor, statusAfterRefunds, wasRefundedUnbooked } from '../state/balance.rules.ts'
import { cancelled } from '../state/ending.rules.ts'
import {
  addMs,
  buyer,
  changed,
  moneyMove,
  provider,
  stockMoves,
  type Change,
  type OrderDecision,
  type OrderMovement,
} from '../state/order-change.rules.ts'
import type { MessageOf, ResultOf } from '../state/order.message.ts'
import { captureHeld, lookUpFee, movePayment, paymentDeadline, sendEmail } from '../state/order.outbox.ts'
import type { OrderState, PaymentState } from '../state/order.state.ts'
import { derivedRefundId, refundRemainder, startRefund } from './refund.rules.ts'

/** Paying: the provider's results for the order's payment, the buyer's further attempts, and the capture of held money. */

/** Delay of the look-up after a lost reply, which may only be late, ms. */
const lookUpAfterMs = 500
/** Interval of look-ups while the buyer is at the bank, ms. */
export const bankPollMs = 10_000
/** Delay of the fee look-up after a capture that did not report its fee, ms. */
const feeLookUpAfterMs = 60_000

/** A second opening of the same attempt (the reply to the first was lost) is dropped: nothing is ever charged on it. */
export function opened(state: OrderState, { intentId, attempt }: MessageOf<'paymentOpened'>): OrderDecision {
  if (state.payment.intentId !== null || state.payment.attempt !== attempt) return {}
  return { state: changed(state, { payment: { ...state.payment, intentId } }), outbox: [movePayment(state.id)] }
}

/** The charge may have been made: the payment is looked up before the charge is sent again. */
export function resultUnknown(state: OrderState, message: MessageOf<'paymentUnknown'>, now: Date): OrderDecision {
  const { intentId, attempt, round } = message
  const isCurrent = intentId === state.payment.intentId && attempt === state.payment.attempt
  if (!isCurrent || state.paymentStatus !== 'pending') return {}
  return {
    state: changed(state, { paymentStatus: 'unknown' }, { at: now, by: provider, event: 'payment_unknown' }),
    outbox: [movePayment(state.id, { dueAt: addMs(now, lookUpAfterMs), round })],
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
    // Polling stands in for a webhook that does not come.
    outbox: [movePayment(state.id, { dueAt: addMs(now, bankPollMs) })],
  }
}

/** The money is captured: the order is paid and its stock sold. */
export function captured(state: OrderState, message: ResultOf<'captured'>, now: Date): Change {
  const { payment, movements, outbox } = bookCapture(state, { message, now })
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
    outbox: [sendEmail(state.id, 'confirmed'), ...outbox],
    cancelMessages: ['paymentDeadline'],
  }
}

/** The held money is captured: after the first fulfilment, or on request of staff. */
export function capturedHeld(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (state.paymentStatus !== 'authorised') return capturedAgain(state, message, now)
  const { payment, movements, outbox } = bookCapture(state, { message, now })
  return {
    state: changed(
      state,
      { paymentStatus: statusAfterRefunds({ ...state, payment }), payment },
      { at: now, by: provider, event: 'paid' },
    ),
    movements: [...stockMoves(state, 'take'), ...movements],
    outbox,
  }
}

/** A capture reported again: its fee may be new, or all of it new to the ledger if the previous release captured it. */
export function capturedAgain(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  const { payment } = state
  const isUnbooked = payment.capturedMinor === null || (payment.feeMinor === null && message.result.feeMinor !== null)
  if (!isUnbooked || wasRefundedUnbooked(state)) return {}
  const { payment: next, movements } = bookCapture(state, { message, now })
  return { state: changed(state, { payment: next }), movements }
}

/** The capture was faster than the cancellation. */
export function capturedWhileCancelling(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (capturedMinor(state) > 0) return capturedAgain(state, message, now)
  // Only the deadline has cancelled the order: it is paid after all.
  if (state.cancelledBy === 'deadline') return captured(state, message, now)
  return capturedTooLate(state, message, { now, event: 'captured_while_cancelling' })
}

/** Money captured after the cancellation is refunded. */
export function capturedAfterCancelling(state: OrderState, message: ResultOf<'captured'>, now: Date): OrderDecision {
  if (capturedMinor(state) > 0 || wasRefundedUnbooked(state)) return capturedAgain(state, message, now)
  return capturedTooLate(state, message, { now, event: 'captured_after_cancelling' })
}

function capturedTooLate(
  state: OrderState,
  message: ResultOf<'captured'>,
  { now, event }: { now: Date; event: string },
): Change {
  const { payment, movements, outbox } = bookCapture(state, { message, now })
  const paymentStatus = statusAfterRefunds({ ...state, payment })
  const next = changed(state, { paymentStatus, payment }, { at: now, by: provider, event })
  return refundRemainder({ state: next, movements, outbox }, { reason: event, by: provider, now })
}

/** Books the parts that are not booked yet: the release of the hold, the capture, the provider's fee. */
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
    outbox: feeMinor === null && payment.feeMinor === null ? [lookUpFee(state.id, addMs(now, feeLookUpAfterMs))] : [],
  }
}

/** The money is held: the payment is secured, and the stock stays reserved until the money is captured. */
export function authorised(state: OrderState, { intentId, result }: ResultOf<'authorised'>, now: Date): Change {
  const isCapturedNow = state.payment.capture === 'now'
  return {
    state: changed(
      state,
      {
        status: 'paid',
        paymentStatus: 'authorised',
        paymentDeadline: null,
        payment: {
          ...state.payment,
          wanted: isCapturedNow ? 'capture' : 'nothing',
          actionUrl: null,
          heldMinor: result.amountMinor,
        },
      },
      { at: now, by: provider, event: 'authorised' },
    ),
    movements: moneyMove(state, { kind: 'hold', reference: intentId, amountMinor: result.amountMinor }),
    outbox: [sendEmail(state.id, 'confirmed'), ...(isCapturedNow ? [captureHeld(state.id)] : [])],
    cancelMessages: ['paymentDeadline'],
  }
}

/** Money held for an order that has been cancelled is released again. */
export const authorisedTooLate = (state: OrderState): OrderDecision => ({
  state: changed(state, { payment: { ...state.payment, wanted: 'void' } }),
  outbox: [movePayment(state.id)],
})

export function declined(
  state: OrderState,
  { result, attempt, retrySeconds }: ResultOf<'declined'>,
  now: Date,
): OrderDecision {
  // A webhook does not name the attempt. While the buyer is at the bank, it makes the effect look the payment up.
  if (attempt === undefined) return state.paymentStatus === 'requires_action' ? { outbox: [movePayment(state.id)] } : {}
  if (attempt !== state.payment.attempt || state.paymentStatus === 'declined') return {}
  return declinedWith(state, { code: result.code, retrySeconds }, now)
}

/** The provider's definite no, such as to the amount. The buyer may pay in another way, with a new payment if this one is unknown. */
export function rejected(state: OrderState, message: MessageOf<'paymentRejected'>, now: Date): OrderDecision {
  const { attempt, intentId, code, retrySeconds } = message
  const isCurrent = attempt === state.payment.attempt && intentId === state.payment.intentId
  if (!isCurrent || state.paymentStatus === 'declined') return {}
  return declinedWith(state, { code, retrySeconds, intentId: code === 'resource_missing' ? null : intentId }, now)
}

/**
 * The buyer reads a neutral reason, since exact decline codes tell a thief which stolen cards work. Staff read the code.
 */
function declinedWith(
  state: OrderState,
  options: { code: string; intentId?: string | null; retrySeconds?: number | undefined },
  now: Date,
): OrderDecision {
  const { code, intentId = state.payment.intentId, retrySeconds } = options
  const payment = { ...state.payment, intentId, actionUrl: null }
  const detail = declineReasons[code] ?? 'card_declined'
  const entry = { at: now, by: provider, event: 'payment_declined', detail, note: code }
  const until = retrySeconds === undefined ? null : addMs(now, retrySeconds * 1_000)
  if (until === null || state.paymentDeadline === null || until >= state.paymentDeadline)
    return { state: changed(state, { paymentStatus: 'declined', payment }, entry) }
  // Released earlier than the deadline: stock that a declined card keeps is missing to others.
  return {
    state: changed(state, { paymentStatus: 'declined', payment, paymentDeadline: until }, entry),
    cancelMessages: ['paymentDeadline'],
    outbox: [paymentDeadline(state.id, until)],
  }
}

/** Reasons that say nothing about the card but what the buyer can do, by the provider's code. */
const declineReasons: Readonly<Record<string, string>> = {
  amount_too_large: 'amount_not_accepted',
  amount_too_small: 'amount_not_accepted',
  payment_method_unknown: 'card_unreadable',
  resource_missing: 'card_unreadable',
  voided: 'voided',
}

/** The charge that was under way when the order was cancelled has been declined. */
export function declinedWhileCancelling(
  state: OrderState,
  { attempt, intentId }: ResultOf<'declined'>,
  now: Date,
): OrderDecision {
  if (attempt !== state.payment.attempt) return {}
  return voidedWhileCancelling(state, { intentId }, now)
}

/** The provider voided the payment, not the shop: the buyer may pay again, with a new payment at the provider. */
export const voidedByProvider = (state: OrderState, _: unknown, now: Date): OrderDecision =>
  declinedWith(state, { code: 'voided', intentId: null }, now)

/** The hold has lapsed. An order of which nothing was sent is cancelled; otherwise its goods count as sold, for staff to resolve. */
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

/** The provider has confirmed that nothing was charged and nothing will be: the cancellation is complete. */
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

/** Money captured on another payment than this order's own (made at the provider, or opened twice) is refunded. */
export function strayPayment(state: OrderState, message: MessageOf<'paymentResult'>, now: Date): OrderDecision {
  const { intentId, result } = message
  const isKnown = state.refunds.some((refund) => refund.intentId === intentId)
  if (result.status !== 'captured' || isKnown) return {}
  const next = changed(state, {}, { at: now, by: provider, event: 'unexpected_payment', note: intentId })
  const movements = [
    ...moneyMove(state, { kind: 'capture', reference: intentId, amountMinor: result.amountMinor }),
    ...moneyMove(state, { kind: 'fee', reference: intentId, amountMinor: result.feeMinor ?? 0 }),
  ]
  return startRefund(
    { state: next, movements },
    {
      id: derivedRefundId(intentId),
      intentId,
      amountMinor: result.amountMinor,
      lines: null,
      shippingMinor: 0,
      taxMinor: 0,
      reason: 'unexpected_payment',
      by: provider,
      now,
    },
  )
}

/** Pays again after a decline, or resumes a payment that waits for the buyer's bank. */
/** @throws AppError `order_state` while a payment is under way, `too_many_requests` after too many attempts */
export function payAgain(state: OrderState, { methodId, token, attemptsMax }: MessageOf<'pay'>, now: Date): Change {
  if (state.paymentStatus !== 'declined' && state.paymentStatus !== 'requires_action')
    throw new AppError('order_state', { message: 'A payment for this order is under way. Wait for its result.' })
  if (attemptsMax !== undefined) requireAttemptsLeft(state, attemptsMax)
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

/** Staff capture the held money before anything is sent. */
export function capture(state: OrderState, { by }: MessageOf<'capture'>, now: Date): Change {
  if (state.paymentStatus !== 'authorised')
    throw new AppError('order_state', { message: 'No money is held for this order: there is nothing to capture.' })
  return {
    state: changed(
      state,
      { payment: { ...state.payment, wanted: 'capture' } },
      { at: now, by, event: 'capture_requested' },
    ),
    outbox: [captureHeld(state.id)],
  }
}
