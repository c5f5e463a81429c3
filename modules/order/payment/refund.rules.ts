import { AppError } from '#errors'
import type { Money } from '#schemas'
import { capturedMinor, refundableMinor, statusAfterRefunds } from '../state/balance.rules.ts'
import { endedIfOver } from '../state/ending.rules.ts'
import { addMs, changed, moneyMove, provider, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { Initiator, MessageOf } from '../state/order.message.ts'
import { refundPayment, sendEmail } from '../state/order.outbox.ts'
import type { OrderState, RefundState } from '../state/order.state.ts'

/** Refunds of captured money: any number per order, each with an id of its own, never more than was captured. */

/** Interval of look-ups of a refund that the provider has accepted, and of a fee that it has not reported yet, ms. */
export const lookUpIntervalMs = 3_600_000

interface RefundRequest {
  id: string
  intentId: string
  amountMinor: number
  reason: string
  by: Initiator
  now: Date
}

/** @throws AppError `order_state` when less than the amount is refundable; `bad_input` for another currency */
export function refund(state: OrderState, message: MessageOf<'refund'>, now: Date): Change {
  const { refundId, reason, by } = message
  const amountMinor = refundAmount(state, message.amount, 'amount')
  return refundOwnPayment({ state }, { id: refundId, amountMinor, reason, by, now })
}

/**
 * The amount to refund, in minor units: everything refundable unless `amount` is given.
 * @param field path of the amount in the request, for errors
 * @throws AppError `order_state` when less than the amount is refundable; `bad_input` for another currency
 */
export function refundAmount(state: OrderState, amount: Money | undefined, field: string): number {
  const { currency } = state
  if (amount !== undefined && amount.currency !== currency)
    throw new AppError('bad_input', {
      field: `${field}.currency`,
      message: `The order was paid in ${currency}: refund it in ${currency}.`,
    })
  if (state.paymentStatus === 'authorised')
    throw new AppError('order_state', {
      message: 'The money is only held, not captured. Cancel the order, or capture it first.',
    })
  const refundable = refundableMinor(state)
  if (refundable === 0) throw new AppError('order_state', { message: nothingLeft(state) })
  if (amount !== undefined && amount.amount > refundable)
    throw new AppError('order_state', {
      field: `${field}.amount`,
      message: `Only ${refundable} (minor units of ${currency}) can still be refunded. Ask for that or less.`,
    })
  return amount?.amount ?? refundable
}

const nothingLeft = (state: OrderState): string =>
  capturedMinor(state) === 0
    ? 'Nothing was captured for this order: there is nothing to refund.'
    : 'Everything that was captured has been refunded, is being refunded or is disputed. Nothing is left to refund.'

/** Refunds everything refundable, for a cancellation. The refund's id is made of the order's version, which keeps deciding pure. */
export function refundRemainder(decision: Change, about: { reason: string; by: Initiator; now: Date }): Change {
  const { state } = decision
  const amountMinor = refundableMinor(state)
  if (amountMinor === 0) return endedIfOver(decision, about.now)
  return refundOwnPayment(decision, { ...about, id: `${state.id}-${state.version}`, amountMinor })
}

function refundOwnPayment(decision: Change, request: Omit<RefundRequest, 'intentId'>): Change {
  const { intentId } = decision.state.payment
  if (intentId === null) throw new Error('captured money needs a payment id')
  return startRefund(withCaptureBooked(decision, intentId), { ...request, intentId })
}

/** Books a capture of the previous release, which keeps no ledger, before it is refunded. */
function withCaptureBooked(decision: Change, intentId: string): Change {
  const { state } = decision
  if (state.payment.capturedMinor !== null) return decision
  const amountMinor = capturedMinor(state)
  return {
    ...decision,
    state: { ...state, payment: { ...state.payment, capturedMinor: amountMinor } },
    movements: [
      ...(decision.movements ?? []),
      ...moneyMove(state, { kind: 'capture', reference: intentId, amountMinor }),
    ],
  }
}

/** Records the refund as pending, and sends it to the charge effect. */
export function startRefund(decision: Change, request: RefundRequest): Change {
  const { state } = decision
  const { id, intentId, amountMinor, reason, by, now } = request
  const pending: RefundState = {
    id,
    intentId,
    amountMinor,
    reason,
    status: 'pending',
    providerRefundId: null,
    failure: null,
    requestedAt: now,
    settledAt: null,
  }
  return {
    ...decision,
    state: changed(
      state,
      { refunds: [...state.refunds, pending] },
      { at: now, by, event: 'refund_requested', detail: reason },
    ),
    outbox: [...(decision.outbox ?? []), refundPayment(state.id, id)],
  }
}

/** A refund only goes forward; one that has succeeded can still be sent back by the buyer's bank. */
const ranks = { pending: 0, succeeded: 1, failed: 2 }

/** The status of a refund: of one of ours, or of one made in the provider's dashboard. */
export function refundReported(state: OrderState, message: MessageOf<'refundResult'>, now: Date): OrderDecision {
  const { refundId, providerRefundId, status } = message
  const known = state.refunds.find(
    (one) => one.id === refundId || (providerRefundId !== null && one.providerRefundId === providerRefundId),
  )
  const former = known ?? madeElsewhere(message, now)
  if (former === undefined) return {}
  // A rejection of a repeated request says nothing about the refund that was made.
  if (known !== undefined && known.providerRefundId !== null && providerRefundId === null) return {}
  const isAccepted = former.providerRefundId === null && providerRefundId !== null
  if (known !== undefined && !isAccepted && ranks[status] <= ranks[known.status]) return {}
  const next: RefundState = {
    ...former,
    status: ranks[status] > ranks[former.status] ? status : former.status,
    providerRefundId: former.providerRefundId ?? providerRefundId,
    failure: status === 'failed' ? (message.code ?? 'failed') : former.failure,
    settledAt: status === 'pending' ? former.settledAt : now,
  }
  return refundChanged(state, { former: known, next }, now)
}

/** A refund made in the provider's dashboard, as it begins; undefined for one that claims an unknown id of ours. */
function madeElsewhere(message: MessageOf<'refundResult'>, now: Date): RefundState | undefined {
  const { refundId, providerRefundId, intentId, amount } = message
  if (refundId !== null || providerRefundId === null) return undefined
  return {
    id: providerRefundId,
    intentId,
    amountMinor: amount.amount,
    reason: 'made_at_provider',
    status: 'pending',
    providerRefundId: null,
    failure: null,
    requestedAt: now,
    settledAt: null,
  }
}

function refundChanged(
  state: OrderState,
  { former, next }: { former: RefundState | undefined; next: RefundState },
  now: Date,
): Change {
  const refunds = [...state.refunds.filter(({ id }) => id !== next.id), next]
  const wasBooked = former !== undefined && former.providerRefundId !== null
  const isBooked = next.providerRefundId !== null
  const { id: reference, amountMinor, status } = next
  const movements = [
    ...(isBooked && !wasBooked ? moneyMove(state, { kind: 'refund', reference, amountMinor }) : []),
    ...(isBooked && status === 'failed' ? moneyMove(state, { kind: 'refund_failed', reference, amountMinor }) : []),
  ]
  if (status === 'pending') {
    // Only our own refunds are polled: the provider would take the id of one made in its dashboard for a new refund.
    const outbox = former === undefined ? [] : [refundPayment(state.id, reference, addMs(now, lookUpIntervalMs))]
    return { state: changed(state, { refunds }), movements, outbox }
  }
  const event = status === 'succeeded' ? 'refunded' : 'refund_failed'
  const after = changed(
    state,
    { refunds },
    { at: now, by: provider, event, detail: status === 'failed' ? (next.failure ?? undefined) : next.reason },
  )
  const isOwn = next.intentId === state.payment.intentId
  const isEmailed = status === 'succeeded' && isOwn && state.status !== 'cancelling' && state.status !== 'cancelled'
  return endedIfOver(
    {
      state: isOwn ? { ...after, paymentStatus: statusAfterRefunds(after) } : after,
      movements,
      outbox: isEmailed ? [sendEmail(state.id, 'refunded', reference)] : [],
    },
    now,
  )
}
