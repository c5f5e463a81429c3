import { AppError } from '#errors'
import { refund, refundAmount } from '../payment/refund.rules.ts'
import { closed, endedIfOver, hasPendingMoney, isSold } from '../state/ending.rules.ts'
import { changed, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'
import {
  difference,
  fulfilmentStatusOf,
  quantitiesOf,
  requireLeft,
  returnedOf,
  sentOf,
  type Quantities,
} from './fulfilment.rules.ts'

/** Returns: goods that come back, with or without a refund, and the end of the time for returns. */

/** @throws AppError `order_state` when more comes back than was sent, or less is refundable than is to be refunded */
export function takeBack(state: OrderState, message: MessageOf<'return'>, now: Date): Change {
  const { returnId: id, refundId, lines, reason, by } = message
  if (!isSold(state))
    throw new AppError('order_state', { message: 'Its money is still being captured. Take it back once it is paid.' })
  const returned = [...quantitiesOf(lines)].map(([sku, quantity]) => ({ sku, quantity }))
  requireLeft(returned, withBuyer(state), (sku, left) =>
    left === 0
      ? `Nothing of ${sku} is with the buyer: it was not sent, or has come back already.`
      : `Only ${left} of ${sku} are with the buyer. Take back that many or fewer.`,
  )
  if (message.refund !== undefined) refundAmount(state, message.refund, 'refund')
  const returns = [
    ...state.returns,
    { id, at: now, lines, reason, refundId: message.refund === undefined ? null : refundId },
  ]
  const decision: Change = {
    state: changed(
      state,
      { returns, fulfilmentStatus: fulfilmentStatusOf({ ...state, returns }) },
      { at: now, by, event: 'returned', detail: reason },
    ),
    movements: restocked(state, lines),
  }
  if (message.refund === undefined) return endedIfOver(decision, now)
  const refunding = refund(decision.state, { type: 'refund', by, refundId, amount: message.refund, reason }, now)
  return { ...refunding, movements: decision.movements ?? [] }
}

/** Quantities that are with the buyer, for every SKU that was ordered. */
function withBuyer(state: OrderState): Quantities {
  const quantities = difference(sentOf(state), returnedOf(state))
  return new Map([...quantitiesOf(state.lines).keys()].map((sku) => [sku, quantities.get(sku) ?? 0]))
}

const restocked = (state: OrderState, lines: MessageOf<'return'>['lines']) =>
  [...quantitiesOf(lines.filter(({ restock }) => restock))].map(([sku, quantity]) => ({
    sku,
    kind: 'return' as const,
    quantity,
    reference: state.id,
  }))

/** Closes the order once the time for returns is over, but not while money is pending: it may still change the order. */
export const close = (state: OrderState, _: unknown, now: Date): OrderDecision =>
  hasPendingMoney(state) ? {} : { state: closed(state, now) }
