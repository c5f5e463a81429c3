import type { DecideContext } from '#actor'
import { AppError } from '#errors'
import { cancelPaid, cancelToo, cancelUnpaid, deadlinePassed, refundAsBefore } from './cancel.rules.ts'
import type { OrderStatus } from '../contract.ts'
import { disputeReported } from '../payment/dispute.rules.ts'
import { fulfil } from '../fulfilment/fulfilment.rules.ts'
import { changed, type Change, type OrderDecision } from '../state/order.change.ts'
import type { MessageOf, OrderMessage, ResultOf } from '../state/order.message.ts'
import { orderView } from '../state/order.view.ts'
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
  requiresAction,
  strayPayment,
  unknown,
  voidedUnasked,
  voidedWhileCancelling,
} from '../payment/payment.rules.ts'
import { refund, refundReported } from '../payment/refund.rules.ts'
import { close, takeBack } from '../fulfilment/return.rules.ts'
import type { OrderState } from '../state/order.state.ts'

/**
 * The life of an order: what each message does in each of its six states. A cell is a rule (its guards and effects stand
 * with it in *.rules.ts), `nothing`, or the sentence that refuses the message and says what to do instead.
 *
 * The order says in `payment.wanted` what it wants of the payment provider, and tells the payment effect to settle it;
 * what is captured later or refunded is mail to the charge effect. Both answer with the messages of the second part.
 */

type Rule<Message> = (state: OrderState, message: Message, now: Date) => OrderDecision
type Cell<Message> = Rule<Message> | string
type Row<Message> = Readonly<Record<OrderStatus, Cell<Message>>>
type Machine = {
  readonly [Type in Exclude<OrderMessage['type'], 'paymentResult'>]: Row<MessageOf<Type>>
}
type ResultStatus = MessageOf<'paymentResult'>['result']['status']
type ResultMachine = { readonly [Status in ResultStatus]: Row<ResultOf<Status>> }

const nothing = (): OrderDecision => ({})
const note = (state: OrderState, { by, text }: MessageOf<'note'>, now: Date): Change => ({
  state: changed(state, {}, { at: now, by, event: 'note', detail: text, isInternal: true }),
})

const unpaid = 'The order is not paid yet. Wait for its payment, or cancel it.'
const leaving = 'The order is being cancelled. Place a new one.'
const left = 'The order has been cancelled. Place a new one.'
const sent = 'The order has been sent. Return it instead.'
const over = 'The order is closed: nothing more can happen to it.'
const paidFor = 'The order is paid: it takes no payment.'
const unpaidRefund = 'Nothing was captured for this order. Cancel it instead.'
const allSent = 'Everything in this order has been sent already. Send what is missing as a new order.'
const notSent = 'Nothing of this order has been sent. Cancel it instead.'
const notHeld = 'No money is held for this order: there is nothing to capture.'

// prettier-ignore
const machine: Machine = {
  // Asked for by buyers and staff.
  pay:             { placed: payAgain,       paid: paidFor,       fulfilled: paidFor,     closed: paidFor,     cancelling: leaving,       cancelled: left },
  cancel:          { placed: cancelUnpaid,   paid: cancelPaid,    fulfilled: sent,        closed: over,        cancelling: cancelToo,     cancelled: nothing },
  capture:         { placed: unpaid,         paid: capture,       fulfilled: capture,     closed: over,        cancelling: leaving,       cancelled: notHeld },
  fulfil:          { placed: unpaid,         paid: fulfil,        fulfilled: allSent,     closed: over,        cancelling: leaving,       cancelled: left },
  return:          { placed: notSent,        paid: takeBack,      fulfilled: takeBack,    closed: over,        cancelling: notSent,       cancelled: notSent },
  refund:          { placed: unpaidRefund,   paid: refund,        fulfilled: refund,      closed: over,        cancelling: refund,        cancelled: refund },
  note:            { placed: note,           paid: note,          fulfilled: note,        closed: note,        cancelling: note,          cancelled: note },
  // Told by timers, effects and the provider's webhooks.
  paymentDeadline: { placed: deadlinePassed, paid: nothing,       fulfilled: nothing,     closed: nothing,     cancelling: nothing,       cancelled: nothing },
  paymentOpened:   { placed: opened,         paid: nothing,       fulfilled: nothing,     closed: nothing,     cancelling: opened,        cancelled: opened },
  paymentUnknown:  { placed: unknown,        paid: nothing,       fulfilled: nothing,     closed: nothing,     cancelling: nothing,       cancelled: nothing },
  refundResult:    { placed: refundReported,     paid: refundReported,    fulfilled: refundReported,  closed: refundReported,  cancelling: refundReported,    cancelled: refundReported },
  refundWanted:    { placed: nothing,        paid: nothing,       fulfilled: nothing,     closed: nothing,     cancelling: refundAsBefore, cancelled: refundAsBefore },
  dispute:         { placed: disputeReported,    paid: disputeReported,   fulfilled: disputeReported, closed: disputeReported, cancelling: disputeReported,   cancelled: disputeReported },
  close:           { placed: nothing,        paid: nothing,       fulfilled: close,       closed: nothing,     cancelling: nothing,       cancelled: nothing },
}

// prettier-ignore
const results: ResultMachine = {
  open:            { placed: nothing,        paid: nothing,       fulfilled: nothing,      closed: nothing,       cancelling: nothing,                 cancelled: nothing },
  processing:      { placed: nothing,        paid: nothing,       fulfilled: nothing,      closed: nothing,       cancelling: nothing,                 cancelled: nothing },
  requires_action: { placed: requiresAction, paid: nothing,       fulfilled: nothing,      closed: nothing,       cancelling: nothing,                 cancelled: nothing },
  authorised:      { placed: authorised,     paid: nothing,       fulfilled: nothing,      closed: nothing,       cancelling: nothing,                 cancelled: authorisedTooLate },
  captured:        { placed: captured,       paid: capturedHeld,  fulfilled: capturedHeld, closed: capturedAgain, cancelling: capturedWhileCancelling, cancelled: capturedAfterCancelling },
  declined:        { placed: declined,       paid: nothing,       fulfilled: nothing,      closed: nothing,       cancelling: declinedWhileCancelling, cancelled: nothing },
  voided:          { placed: voidedUnasked,  paid: holdLapsed,    fulfilled: holdLapsed,   closed: nothing,       cancelling: voidedWhileCancelling,   cancelled: nothing },
}

/** Messages that wait for an answer: the order as it is after them. */
const commands: ReadonlySet<OrderMessage['type']> = new Set<OrderMessage['type']>([
  'pay',
  'cancel',
  'capture',
  'fulfil',
  'return',
  'refund',
  'note',
])

/** @throws AppError `not_found` for an order that does not exist, `order_state` for what its state does not allow */
export function decideOrder(
  state: OrderState | undefined,
  message: OrderMessage,
  { now }: Pick<DecideContext<unknown>, 'now'>,
): OrderDecision {
  if (state === undefined) throw new AppError('not_found', { field: 'id', message: 'There is no such order.' })
  const decision = decideKnown(state, message, now)
  return commands.has(message.type) ? { ...decision, reply: orderView(decision.state ?? state) } : decision
}

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
