import { AppError } from '#errors'
import type { Money } from '#schemas'
import { endedIfOver } from '../state/ending.rules.ts'
import { capturedMinor, refundableMinor, statusAfterRefunds } from '../state/balance.rules.ts'
import {
  changed,
  giveBack,
  later,
  moneyMove,
  provider,
  sendEmail,
  type Change,
  type OrderDecision,
} from '../state/order.change.ts'
import type { MessageOf, Who } from '../state/order.message.ts'
import type { OrderState, RefundState } from '../state/order.state.ts'

/** Giving captured money back: several refunds an order, each with an id of its own, never more than was captured. */

/** How often we ask what became of a refund that the provider has taken on, ms. */
export const askAgainMs = 3_600_000

interface Request {
  id: string
  intentId: string
  amountMinor: number
  reason: string
  by: Who
  now: Date
}

/** @throws AppError `order_state` when there is less left than that; `bad_input` for another currency */
export function refund(state: OrderState, message: MessageOf<'refund'>, now: Date): Change {
  const { refundId, reason, by } = message
  const amountMinor = refundAmount(state, message.amount, 'amount')
  return ownRefund({ state }, { id: refundId, amountMinor, reason, by, now })
}

/**
 * What may be refunded of what is asked for; all that is left unless an amount is given.
 * @param field how the request names the amount
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
  const left = refundableMinor(state)
  if (left === 0) throw new AppError('order_state', { message: nothingLeft(state) })
  if (amount !== undefined && amount.amount > left)
    throw new AppError('order_state', {
      field: `${field}.amount`,
      message: `Only ${left} (minor units of ${currency}) can still be refunded. Ask for that or less.`,
    })
  return amount?.amount ?? left
}

const nothingLeft = (state: OrderState): string =>
  capturedMinor(state) === 0
    ? 'Nothing was captured for this order: there is nothing to refund.'
    : 'Everything that was captured has been refunded, is being refunded or is disputed. Nothing is left to refund.'

/** All that is left goes back: for what is cancelled. Its id comes of the order's version, so that deciding stays pure. */
export function refundRest(decision: Change, about: { reason: string; by: Who; now: Date }): Change {
  const { state } = decision
  const amountMinor = refundableMinor(state)
  if (amountMinor === 0) return endedIfOver(decision, about.now)
  return ownRefund(decision, { ...about, id: `${state.id}-${state.version}`, amountMinor })
}

function ownRefund(decision: Change, request: Omit<Request, 'intentId'>): Change {
  const { intentId } = decision.state.payment
  if (intentId === null) throw new Error('money was captured without a payment')
  return returnMoney(withCaptureBooked(decision, intentId), { ...request, intentId })
}

/** What the version before has captured is not in the ledger: it is booked before it goes back. */
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

/** Notes the refund, then asks the provider for it. */
export function returnMoney(decision: Change, { id, intentId, amountMinor, reason, by, now }: Request): Change {
  const { state } = decision
  const refundState: RefundState = {
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
      { refunds: [...state.refunds, refundState] },
      { at: now, by, event: 'refund_requested', detail: reason },
    ),
    outbox: [...(decision.outbox ?? []), giveBack(state.id, id)],
  }
}

/** A refund only goes forward; one that had succeeded can still come back from the buyer's bank. */
const ranks = { pending: 0, succeeded: 1, failed: 2 }

/** What became of a refund: of ours, or of one that somebody made on the provider's own pages. */
export function refundReported(state: OrderState, message: MessageOf<'refundResult'>, now: Date): OrderDecision {
  const { refundId, providerRefundId, status } = message
  const known = state.refunds.find(
    (one) => one.id === refundId || (providerRefundId !== null && one.providerRefundId === providerRefundId),
  )
  const former = known ?? madeElsewhere(message, now)
  if (former === undefined) return {}
  // A refusal to make it again says nothing about the one that was made.
  if (known !== undefined && known.providerRefundId !== null && providerRefundId === null) return {}
  const isTakenOn = former.providerRefundId === null && providerRefundId !== null
  if (known !== undefined && !isTakenOn && ranks[status] <= ranks[known.status]) return {}
  const next: RefundState = {
    ...former,
    status: ranks[status] > ranks[former.status] ? status : former.status,
    providerRefundId: former.providerRefundId ?? providerRefundId,
    failure: status === 'failed' ? (message.code ?? 'failed') : former.failure,
    settledAt: status === 'pending' ? former.settledAt : now,
  }
  return settled(state, { former: known, next }, now)
}

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

function settled(
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
    // Ours alone: the provider would take the id of one that was made elsewhere for a new refund.
    const mail = former === undefined ? [] : [giveBack(state.id, reference, later(now, askAgainMs))]
    return { state: changed(state, { refunds }), movements, outbox: mail }
  }
  const event = status === 'succeeded' ? 'refunded' : 'refund_failed'
  const after = changed(
    state,
    { refunds },
    { at: now, by: provider, event, detail: status === 'failed' ? (next.failure ?? undefined) : next.reason },
  )
  const isOwn = next.intentId === state.payment.intentId
  const isTold = status === 'succeeded' && isOwn && state.status !== 'cancelling' && state.status !== 'cancelled'
  return endedIfOver(
    {
      state: isOwn ? { ...after, paymentStatus: statusAfterRefunds(after) } : after,
      movements,
      outbox: isTold ? [sendEmail(state.id, 'refunded', reference)] : [],
    },
    now,
  )
}
