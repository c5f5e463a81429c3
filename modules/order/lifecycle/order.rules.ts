import type { DecideContext } from '#actor'
import { AppError } from '#errors'
import type { OrderStatus } from '../contract.ts'
import { cancelLines } from '../fulfilment/cancel-lines.rules.ts'
import { fulfil } from '../fulfilment/fulfilment.rules.ts'
import { close, takeBack } from '../fulfilment/return.rules.ts'
import { disputeReported } from '../payment/dispute.rules.ts'
import { hold, release } from '../limits/review.rules.ts'
import {
  authorised,
  authorisedTooLate,
  capture,
  captured,
  capturedAfterCancelling,
  capturedAgain,
  capturedHeld,
  capturedWhileCancelling,
  declined,
  declinedWhileCancelling,
  holdLapsed,
  opened,
  payAgain,
  rejected,
  requiresAction,
  resultUnknown,
  strayPayment,
  voidedByProvider,
  voidedWhileCancelling,
} from '../payment/payment.rules.ts'
import { refund, refundReported } from '../payment/refund.rules.ts'
import { changed, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { MessageOf, OrderMessage, ResultOf } from '../state/order.message.ts'
import { withDerived } from '../state/derived.rules.ts'
import type { OrderState } from '../state/order.state.ts'
import { orderView } from '../state/order.view.ts'
import { attach } from './attach.rules.ts'
import {
  cancelPaid,
  cancelUnpaid,
  deadlinePassed,
  refundForPreviousRelease,
  takeOverCancellation,
} from './cancel.rules.ts'

/**
 * State machine of an order: the rule for each message in each of its six states. A cell is a rule (its guards and
 * effects are in the *.rules.ts file that it is imported from), `ignore`, or the error message that rejects the message
 * and says what to do instead.
 *
 * `payment.wanted` is the state that the order wants at the payment provider; the payment effect moves the provider
 * towards it. A later capture and refunds are messages to the charge effect. Both effects report back with the messages
 * of the lower half of `machine` and with those of `results`.
 */

type Rule<Message> = (state: OrderState, message: Message, now: Date) => OrderDecision
type Cell<Message> = Rule<Message> | string
type Row<Message> = Readonly<Record<OrderStatus, Cell<Message>>>
type Machine = {
  readonly [Type in Exclude<OrderMessage['type'], 'paymentResult'>]: Row<MessageOf<Type>>
}
type ResultStatus = MessageOf<'paymentResult'>['result']['status']
type ResultMachine = { readonly [Status in ResultStatus]: Row<ResultOf<Status>> }

const ignore = (): OrderDecision => ({})
const note = (state: OrderState, { by, text }: MessageOf<'note'>, now: Date): Change => ({
  state: changed(state, {}, { at: now, by, event: 'note', detail: text, isInternal: true }),
})

const notPaid = 'The order is not paid yet. Wait for its payment, or cancel it.'
const beingCancelled = 'The order is being cancelled. Place a new one.'
const orderCancelled = 'The order has been cancelled. Place a new one.'
const alreadySent = 'The order has been sent. Return it instead.'
const orderClosed = 'The order is closed: only money can still be refunded.'
const alreadyPaid = 'The order is paid: it takes no payment.'
const notCaptured = 'Nothing was captured for this order. Cancel it instead.'
const allSent = 'Everything in this order has been sent already. Send what is missing as a new order.'
const noneUnsent = 'Nothing of this order is left to be sent. Take it back instead.'
const notSent = 'Nothing of this order has been sent. Cancel it instead.'
const notHeld = 'No money is held for this order: there is nothing to capture.'

// prettier-ignore
const machine: Machine = {
  // Commands of buyers and staff.
  pay:             { placed: payAgain,        paid: alreadyPaid,     fulfilled: alreadyPaid,     closed: alreadyPaid,     cancelling: beingCancelled,           cancelled: orderCancelled },
  cancel:          { placed: cancelUnpaid,    paid: cancelPaid,      fulfilled: alreadySent,     closed: orderClosed,     cancelling: takeOverCancellation,     cancelled: ignore },
  cancelLines:     { placed: notPaid,         paid: cancelLines,     fulfilled: noneUnsent,      closed: orderClosed,     cancelling: beingCancelled,           cancelled: orderCancelled },
  capture:         { placed: notPaid,         paid: capture,         fulfilled: capture,         closed: orderClosed,     cancelling: beingCancelled,           cancelled: notHeld },
  fulfil:          { placed: notPaid,         paid: fulfil,          fulfilled: allSent,         closed: orderClosed,     cancelling: beingCancelled,           cancelled: orderCancelled },
  return:          { placed: notSent,         paid: takeBack,        fulfilled: takeBack,        closed: orderClosed,     cancelling: notSent,                  cancelled: notSent },
  refund:          { placed: notCaptured,     paid: refund,          fulfilled: refund,          closed: refund,          cancelling: refund,                   cancelled: refund },
  note:            { placed: note,            paid: note,            fulfilled: note,            closed: note,            cancelling: note,                     cancelled: note },
  hold:            { placed: hold,            paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: ignore,                   cancelled: ignore },
  release:         { placed: release,         paid: release,         fulfilled: release,         closed: release,         cancelling: release,                  cancelled: release },
  attach:          { placed: attach,          paid: attach,          fulfilled: attach,          closed: attach,          cancelling: attach,                   cancelled: attach },
  // Reports of timers, effects and the provider's webhooks.
  paymentDeadline: { placed: deadlinePassed,  paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: ignore,                   cancelled: ignore },
  paymentOpened:   { placed: opened,          paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: opened,                   cancelled: opened },
  paymentUnknown:  { placed: resultUnknown,   paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: ignore,                   cancelled: ignore },
  paymentRejected: { placed: rejected,        paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: ignore,                   cancelled: ignore },
  refundResult:    { placed: refundReported,  paid: refundReported,  fulfilled: refundReported,  closed: refundReported,  cancelling: refundReported,           cancelled: refundReported },
  refundWanted:    { placed: ignore,          paid: ignore,          fulfilled: ignore,          closed: ignore,          cancelling: refundForPreviousRelease, cancelled: refundForPreviousRelease },
  dispute:         { placed: disputeReported, paid: disputeReported, fulfilled: disputeReported, closed: disputeReported, cancelling: disputeReported,          cancelled: disputeReported },
  close:           { placed: ignore,          paid: ignore,          fulfilled: close,           closed: ignore,          cancelling: ignore,                   cancelled: ignore },
}

/** Results of the payment, by its status at the provider. */
// prettier-ignore
const results: ResultMachine = {
  open:            { placed: ignore,           paid: ignore,       fulfilled: ignore,       closed: ignore,        cancelling: ignore,                  cancelled: ignore },
  processing:      { placed: ignore,           paid: ignore,       fulfilled: ignore,       closed: ignore,        cancelling: ignore,                  cancelled: ignore },
  requires_action: { placed: requiresAction,   paid: ignore,       fulfilled: ignore,       closed: ignore,        cancelling: ignore,                  cancelled: ignore },
  authorised:      { placed: authorised,       paid: ignore,       fulfilled: ignore,       closed: ignore,        cancelling: ignore,                  cancelled: authorisedTooLate },
  captured:        { placed: captured,         paid: capturedHeld, fulfilled: capturedHeld, closed: capturedAgain, cancelling: capturedWhileCancelling, cancelled: capturedAfterCancelling },
  declined:        { placed: declined,         paid: ignore,       fulfilled: ignore,       closed: ignore,        cancelling: declinedWhileCancelling, cancelled: ignore },
  voided:          { placed: voidedByProvider, paid: holdLapsed,   fulfilled: holdLapsed,   closed: ignore,        cancelling: voidedWhileCancelling,   cancelled: ignore },
}

/** Commands: their callers wait for a reply, which is the order as it is afterwards. */
const commands: ReadonlySet<OrderMessage['type']> = new Set<OrderMessage['type']>([
  'pay',
  'cancel',
  'cancelLines',
  'capture',
  'fulfil',
  'return',
  'refund',
  'note',
  'attach',
  'hold',
  'release',
])

/** @throws AppError `not_found` for an order that does not exist, `order_state` for what its state does not allow */
export function decideOrder(
  state: OrderState | undefined,
  message: OrderMessage,
  { now }: Pick<DecideContext<unknown>, 'now'>,
): OrderDecision {
  if (state === undefined) throw new AppError('not_found', { field: 'id', message: 'There is no such order.' })
  const decision = derived(state, decideKnown(state, message, now))
  return commands.has(message.type) ? { ...decision, reply: orderView(decision.state ?? state) } : decision
}

const derived = (before: OrderState, decision: OrderDecision): OrderDecision =>
  decision.state === undefined || decision.state === before
    ? decision
    : { ...decision, state: withDerived(decision.state) }

function decideKnown(state: OrderState, message: OrderMessage, now: Date): OrderDecision {
  if (message.type !== 'paymentResult') return applied(machine[message.type], { state, message, now })
  if (message.intentId === state.payment.intentId)
    return applied(results[message.result.status], { state, message, now })
  return state.payment.intentId === null && state.status === 'placed' ? {} : strayPayment(state, message, now)
}

function applied(
  row: Readonly<Record<OrderStatus, Cell<never>>>,
  { state, message, now }: { state: OrderState; message: OrderMessage; now: Date },
): OrderDecision {
  const cell = row[state.status]
  if (typeof cell === 'string') throw new AppError('order_state', { message: cell })
  // The row was chosen by the message's own type.
  return cell(state, message as never, now)
}
