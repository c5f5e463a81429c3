import { z } from 'zod'
import type { DecideContext, Decision, Mail } from '#actor'
import { AppError } from '#errors'
import type { StockMovement } from '#product'
import type { Order } from './contract.ts'
import { orderView } from './order.view.ts'
import type { OrderState } from './state.ts'

/**
 * The rules of one order's life. Payment: the order says in `payment.wanted` what it wants of the provider, and tells
 * the payment effect to settle it; the effect answers with `paymentOpened` and `paymentResult`.
 */

const result = z.discriminatedUnion('status', [
  z.object({ status: z.literal('open') }),
  z.object({ status: z.literal('requires_action'), url: z.string().nullable() }),
  z.object({ status: z.literal('processing') }),
  z.object({ status: z.literal('authorised') }),
  z.object({ status: z.literal('captured') }),
  z.object({ status: z.literal('declined'), code: z.string() }),
  z.object({ status: z.literal('voided') }),
])

export const orderMessage = z.discriminatedUnion('type', [
  /** The provider has opened a payment; its id is kept before anything is charged. */
  z.object({ type: z.literal('paymentOpened'), intentId: z.string(), attempt: z.int() }),
  /** What the payment has come to. Without `attempt`: told by the provider's webhook. */
  z.object({ type: z.literal('paymentResult'), intentId: z.string(), result, attempt: z.int().optional() }),
  z.object({ type: z.literal('paymentRefunded') }),
  /** The timer that was set when the order was placed. */
  z.object({ type: z.literal('paymentDeadline') }),
  z.object({ type: z.literal('pay'), methodId: z.string(), token: z.string() }),
  z.object({ type: z.literal('cancel'), by: z.enum(['buyer', 'staff']), reason: z.string().optional() }),
])

export type OrderMessage = z.infer<typeof orderMessage>
type PaymentResultMessage = Extract<OrderMessage, { type: 'paymentResult' }>
export type OrderDecision = Decision<OrderState, Order, StockMovement>

/** @throws AppError when the order does not exist or is not in a state that allows what is asked */
export function decideOrder(
  state: OrderState | undefined,
  message: OrderMessage,
  context: DecideContext<unknown>,
): OrderDecision {
  if (state === undefined) throw new AppError('not_found', { field: 'id', message: 'There is no such order.' })
  const { now } = context
  switch (message.type) {
    case 'paymentOpened':
      return paymentOpened(state, message.intentId, message.attempt)
    case 'paymentResult':
      return paymentResult(state, message, now)
    case 'paymentRefunded':
      return refunded(state, now)
    case 'paymentDeadline':
      return deadlinePassed(state, now)
    case 'pay':
      return replied(payAgain(state, message, now))
    case 'cancel':
      return replied(cancel(state, { by: message.by, reason: message.reason, now }))
  }
}

/** Mail to the payment effect: move the provider towards what the order wants. */
export const settlePayment = (orderId: string): Mail => ({ kind: 'payment', id: orderId, message: { type: 'settle' } })
const sendLetter = (orderId: string, template: 'confirmed' | 'cancelled'): Mail => ({
  kind: 'email',
  id: orderId,
  message: { type: 'send', template },
})

export const stockMoves = (order: Pick<OrderState, 'id' | 'lines'>, kind: StockMovement['kind']): StockMovement[] =>
  order.lines.map(({ sku, quantity }) => ({ sku, kind, quantity, reference: order.id }))

/** The state after a change: a version further, with an entry in its timeline. */
function changed(
  state: OrderState,
  change: Partial<OrderState>,
  entry?: { at: Date; event: string; detail?: string | undefined },
): OrderState {
  const timeline =
    entry === undefined
      ? state.timeline
      : [...state.timeline, { at: entry.at, event: entry.event, detail: entry.detail ?? null }]
  return { ...state, ...change, timeline, version: state.version + 1 }
}

/** A decision that answers the order as it is after it. */
function replied(decision: OrderDecision & { state: OrderState }): OrderDecision {
  return { ...decision, reply: orderView(decision.state) }
}

function paymentOpened(state: OrderState, intentId: string, attempt: number): OrderDecision {
  // A second opening of the same attempt (its first reply was lost) is dropped: nothing is charged on it.
  if (state.payment.intentId !== null || state.payment.attempt !== attempt) return {}
  return { state: changed(state, { payment: { ...state.payment, intentId } }), mail: [settlePayment(state.id)] }
}

function paymentResult(state: OrderState, message: PaymentResultMessage, now: Date): OrderDecision {
  if (message.intentId !== state.payment.intentId) return {}
  const { result: outcome, attempt } = message
  switch (outcome.status) {
    case 'captured':
      return captured(state, now)
    case 'voided':
      return voided(state, now)
    case 'declined':
      // A webhook does not say which attempt it means: it makes us look, if we wait for the buyer's bank.
      if (attempt === undefined)
        return state.paymentStatus === 'requires_action' ? { mail: [settlePayment(state.id)] } : {}
      return attempt === state.payment.attempt ? declined(state, outcome.code, now) : {}
    case 'requires_action':
      if (state.status !== 'placed' || state.paymentStatus === 'requires_action') return {}
      return {
        state: changed(
          state,
          { paymentStatus: 'requires_action', payment: { ...state.payment, actionUrl: outcome.url } },
          { at: now, event: 'payment_requires_action' },
        ),
      }
    case 'open':
    case 'processing':
    case 'authorised':
      return {}
  }
}

function captured(state: OrderState, now: Date): OrderDecision {
  const payment = { ...state.payment, wanted: 'nothing' as const, actionUrl: null }
  switch (state.status) {
    case 'placed':
      return paid(changed(state, { payment }), now)
    case 'cancelling':
      if (state.paymentStatus === 'captured') return {}
      // The capture has won the race. Nobody but the deadline wanted to be rid of the order: it is paid after all.
      if (state.cancelledBy === 'deadline') return paid(changed(state, { payment, cancelledBy: null }), now)
      return refund(changed(state, { paymentStatus: 'captured' }, { at: now, event: 'captured_while_cancelling' }))
    case 'cancelled':
      if (state.paymentStatus === 'captured' || state.paymentStatus === 'refunded') return {}
      return refund(changed(state, { paymentStatus: 'captured' }, { at: now, event: 'captured_after_cancelling' }))
    case 'paid':
    case 'fulfilled':
    case 'closed':
      return {}
  }
}

function paid(state: OrderState, now: Date): OrderDecision {
  return {
    state: changed(
      state,
      { status: 'paid', paymentStatus: 'captured', paymentDeadline: null },
      { at: now, event: 'paid' },
    ),
    movements: stockMoves(state, 'take'),
    mail: [sendLetter(state.id, 'confirmed')],
    cancelMail: ['paymentDeadline'],
  }
}

const refund = (state: OrderState): OrderDecision & { state: OrderState } => ({
  state: { ...state, payment: { ...state.payment, wanted: 'refund' } },
  mail: [settlePayment(state.id)],
})

function declined(state: OrderState, code: string, now: Date): OrderDecision {
  if (state.status === 'cancelling') return voided(state, now)
  if (state.status !== 'placed' || state.paymentStatus === 'declined') return {}
  return {
    state: changed(
      state,
      { paymentStatus: 'declined', payment: { ...state.payment, actionUrl: null } },
      { at: now, event: 'payment_declined', detail: code },
    ),
  }
}

/** The provider will not capture this payment any more. */
function voided(state: OrderState, now: Date): OrderDecision {
  switch (state.status) {
    case 'cancelling':
      if (state.paymentStatus === 'captured') return {}
      return cancelled(changed(state, { paymentStatus: 'voided', payment: { ...state.payment, wanted: 'nothing' } }), {
        now,
        movement: 'release',
      })
    case 'placed':
      // Given up at the provider, not by us: the buyer may pay again, with a payment that is opened anew.
      return {
        state: changed(
          state,
          { paymentStatus: 'declined', payment: { ...state.payment, intentId: null, actionUrl: null } },
          { at: now, event: 'payment_declined', detail: 'voided' },
        ),
      }
    case 'paid':
    case 'fulfilled':
    case 'closed':
    case 'cancelled':
      return {}
  }
}

function refunded(state: OrderState, now: Date): OrderDecision {
  if (state.paymentStatus === 'refunded') return {}
  const next = changed(
    state,
    { paymentStatus: 'refunded', payment: { ...state.payment, wanted: 'nothing' } },
    { at: now, event: 'refunded' },
  )
  if (state.status !== 'cancelling') return { state: next }
  // Sold stock comes back; stock that was only reserved is let go.
  return cancelled(next, { now, movement: wasPaid(state) ? 'return' : 'release' })
}

const wasPaid = (state: OrderState): boolean => state.timeline.some(({ event }) => event === 'paid')

function deadlinePassed(state: OrderState, now: Date): OrderDecision {
  if (state.status !== 'placed') return {}
  return giveUp(changed(state, { cancelledBy: 'deadline' }, { at: now, event: 'payment_deadline_passed' }), now)
}

function payAgain(
  state: OrderState,
  { methodId, token }: { methodId: string; token: string },
  now: Date,
): OrderDecision & { state: OrderState } {
  if (state.status !== 'placed')
    throw new AppError('order_state', { message: `The order is ${state.status}: it takes no payment.` })
  if (state.paymentStatus !== 'declined' && state.paymentStatus !== 'requires_action') {
    throw new AppError('order_state', { message: 'A payment for this order is under way. Wait for its result.' })
  }
  const payment = {
    ...state.payment,
    methodId,
    token,
    attempt: state.payment.attempt + 1,
    wanted: 'capture' as const,
    actionUrl: null,
  }
  return {
    state: changed(state, { paymentStatus: 'pending', payment }, { at: now, event: 'payment_retried' }),
    mail: [settlePayment(state.id)],
  }
}

function cancel(
  state: OrderState,
  { by, reason, now }: { by: 'buyer' | 'staff'; reason: string | undefined; now: Date },
): OrderDecision & { state: OrderState } {
  const entry = { at: now, event: 'cancel_requested', detail: reason }
  switch (state.status) {
    case 'cancelling':
    case 'cancelled':
      return { state }
    case 'placed':
      return giveUp(changed(state, { cancelledBy: by }, entry), now)
    case 'paid':
      if (state.fulfilmentStatus !== 'unfulfilled')
        throw new AppError('order_state', { message: 'The order has been shipped. Return it instead.' })
      if (state.totalMinor === 0)
        return cancelled(changed(state, { cancelledBy: by }, entry), { now, movement: 'return' })
      return refund(changed(state, { status: 'cancelling', cancelledBy: by }, entry))
    case 'fulfilled':
    case 'closed':
      throw new AppError('order_state', { message: 'The order has been fulfilled. Return it instead.' })
  }
}

/** Ends an order that is not paid: at once where nothing can be captured any more, else when the provider has confirmed that. */
function giveUp(state: OrderState, now: Date): OrderDecision & { state: OrderState } {
  const isQuiet = state.payment.intentId === null || state.paymentStatus === 'declined'
  const wanted = changed(state, { payment: { ...state.payment, wanted: 'void' } })
  if (isQuiet) {
    const decision = cancelled({ ...wanted, paymentStatus: 'voided' }, { now, movement: 'release' })
    return { ...decision, mail: [...(decision.mail ?? []), settlePayment(state.id)] }
  }
  return {
    state: { ...wanted, status: 'cancelling' },
    mail: [settlePayment(state.id)],
    cancelMail: ['paymentDeadline'],
  }
}

function cancelled(
  state: OrderState,
  { now, movement }: { now: Date; movement: 'release' | 'return' },
): OrderDecision & { state: OrderState } {
  return {
    state: changed(
      state,
      { status: 'cancelled', paymentDeadline: null },
      { at: now, event: 'cancelled', detail: state.cancelledBy ?? undefined },
    ),
    movements: stockMoves(state, movement),
    mail: [sendLetter(state.id, 'cancelled')],
    cancelMail: ['paymentDeadline'],
  }
}
