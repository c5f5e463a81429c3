import { v5 as uuidv5 } from 'uuid'
import { capturedMinor, refundableMinor, statusAfterRefunds } from '../state/balance.rules.ts'
import { endedIfOver } from '../state/ending.rules.ts'
import { addMs, changed, moneyMove, provider, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { Initiator, MessageOf } from '../state/order.message.ts'
import { refundPayment, sendEmail } from '../state/order.outbox.ts'
import type { OrderState, RefundState } from '../state/order.state.ts'
import { failedRefund, refundContent, remainder, type RefundContent } from './refund-content.rules.ts'

/** Refunds of captured money: any number per order, each with an id of its own, never more than was captured. */

/** Interval of look-ups of a refund that the provider has accepted, and of a fee that it has not reported yet, ms. */
export const lookUpIntervalMs = 3_600_000

interface RefundRequest extends RefundContent {
  id: string
  intentId: string
  method?: RefundState['method'] | undefined
  /** The failed refund that is made again. */
  replaces?: string
  reason: string
  /** For the buyer. */
  message?: string | undefined
  by: Initiator
  now: Date
}

/**
 * Refunds an amount, lines, the shipping, a refund that failed, or everything that is left. In every state: money that is
 * owed to the buyer can be paid back after the order has ended.
 * @throws AppError `order_state` when less is refundable; `bad_input` for another currency or contradictory input
 */
export function refund(state: OrderState, message: MessageOf<'refund'>, now: Date): Change {
  const { refundId: id, method, reason, message: toBuyer, by } = message
  const common = { id, method, reason, message: toBuyer, by, now }
  if (message.failedRefundId !== undefined) {
    const { intentId, ...content } = failedRefund(state, message.failedRefundId)
    return startRefund({ state }, { ...common, ...content, intentId, replaces: message.failedRefundId })
  }
  return refundOwnPayment({ state }, { ...common, ...refundContent(state, message) })
}

/** Refunds everything refundable, for a cancellation. The refund's id is made of the order's version, which keeps deciding pure. */
export function refundRemainder(
  decision: Change,
  about: { reason: string; message?: string | undefined; by: Initiator; now: Date },
): Change {
  const { state } = decision
  const amountMinor = refundableMinor(state)
  if (amountMinor === 0) return endedIfOver(decision, about.now)
  return refundOwnPayment(decision, { ...about, id: `${state.id}-${state.version}`, ...remainder(state, amountMinor) })
}

export function refundOwnPayment(decision: Change, request: Omit<RefundRequest, 'intentId'>): Change {
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

/** Records the refund as pending, and sends it to the charge effect; one paid outside is booked as made. */
export function startRefund(decision: Change, request: RefundRequest): Change {
  const { state } = decision
  const { id, intentId, amountMinor, lines, shippingMinor, taxMinor, reason, by, now } = request
  const { method = 'provider', replaces = null } = request
  const isOutside = method === 'outside'
  const started: RefundState = {
    id,
    intentId,
    amountMinor,
    lines,
    shippingMinor,
    taxMinor,
    method,
    replaces,
    reason,
    status: isOutside ? 'succeeded' : 'pending',
    providerRefundId: null,
    failure: null,
    requestedAt: now,
    settledAt: isOutside ? now : null,
  }
  const event = isOutside ? 'refunded' : 'refund_requested'
  const next = changed(
    state,
    { refunds: [...state.refunds, started] },
    { at: now, by, event, detail: request.message, note: reason },
  )
  if (!isOutside) return { ...decision, state: next, outbox: [...(decision.outbox ?? []), refundPayment(state.id, id)] }
  const movements = moneyMove(state, { kind: 'refund_outside', reference: id, amountMinor })
  return settled({ ...decision, state: next, movements: [...(decision.movements ?? []), ...movements] }, started, now)
}

/** The order after a refund has succeeded or failed: its payment status, the email to the buyer, its end if nothing is left. */
function settled(decision: Change, refunded: RefundState, now: Date): Change {
  const { state } = decision
  const isOwn = refunded.intentId === state.payment.intentId
  const template = refunded.status === 'failed' ? 'refund_failed' : 'refunded'
  // The email about the cancellation, which follows, reports its refund. A refund that the provider never accepted is between it and staff.
  const isEmailed =
    isOwn && (template === 'refunded' ? state.status !== 'cancelling' : refunded.providerRefundId !== null)
  return endedIfOver(
    {
      ...decision,
      state: isOwn ? { ...state, paymentStatus: statusAfterRefunds(state) } : state,
      outbox: [...(decision.outbox ?? []), ...(isEmailed ? [sendEmail(state.id, template, refunded.id)] : [])],
    },
    now,
  )
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

/** Id of a refund that the shop did not choose, derived from the provider's id of its cause. */
export const derivedRefundId = (providerId: string): string => uuidv5(providerId, uuidv5.URL)

/** A refund made in the provider's dashboard, as it begins; undefined for one that claims an unknown id of ours. */
function madeElsewhere(message: MessageOf<'refundResult'>, now: Date): RefundState | undefined {
  const { refundId, providerRefundId, intentId, amount } = message
  if (refundId !== null || providerRefundId === null) return undefined
  return {
    // Buyers read the id of a refund: it must not be the provider's.
    id: derivedRefundId(providerRefundId),
    intentId,
    amountMinor: amount.amount,
    lines: null,
    shippingMinor: 0,
    taxMinor: 0,
    method: 'provider',
    replaces: null,
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
  const note = status === 'failed' ? (next.failure ?? undefined) : next.reason
  return settled({ state: changed(state, { refunds }, { at: now, by: provider, event, note }), movements }, next, now)
}
