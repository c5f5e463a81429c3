import { AppError } from '#errors'
import { refundOfLines, refundOfReturn, returnLimitMinor, type RefundContent } from '../payment/refund-content.rules.ts'
import { refundOwnPayment } from '../payment/refund.rules.ts'
import { closed, endedIfOver, hasPendingMoney, isSold } from '../state/ending.rules.ts'
import { changed, stockMovesOf, type Change, type OrderDecision } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'
import { difference, merged, quantitiesOf, returnedOf, sentOf, type Quantities } from '../state/quantity.rules.ts'
import { fulfilmentStatusOf, requireLeft } from './fulfilment.rules.ts'

/** Returns: goods that come back, with or without a refund, and the end of the time for returns. */

/** @throws AppError `order_state` when more comes back than was sent, or less is refundable than is to be refunded */
export function takeBack(state: OrderState, message: MessageOf<'return'>, now: Date): Change {
  const { returnId: id, refundId, lines, reason, by } = message
  if (!isSold(state))
    throw new AppError('order_state', { message: 'Its money is still being captured. Take it back once it is paid.' })
  requireLeft(merged(lines), withBuyer(state), (sku, left) =>
    left === 0
      ? `Nothing of ${sku} is with the buyer: it was not sent, or has come back already.`
      : `Only ${left} of ${sku} are with the buyer. Take back that many or fewer.`,
  )
  const content = refundOf(state, message)
  const returns = [...state.returns, { id, at: now, lines, reason, refundId: content === null ? null : refundId }]
  const decision: Change = {
    state: changed(
      state,
      { returns, fulfilmentStatus: fulfilmentStatusOf({ ...state, returns }) },
      { at: now, by, event: 'returned', detail: message.message, note: reason },
    ),
    movements: stockMovesOf(state, merged(lines.filter(({ restock }) => restock)), 'return'),
  }
  return content === null
    ? endedIfOver(decision, now)
    : refundOwnPayment(decision, { id: refundId, ...content, reason, by, now })
}

/** The refund that goes with the return; null for none. @throws AppError for one above what has come back */
function refundOf(state: OrderState, message: MessageOf<'return'>): RefundContent | null {
  const { lines, refund, refundLines = false, refundShipping = false } = message
  const isByLine = refundLines || refundShipping
  if (refund !== undefined && isByLine)
    throw new AppError('bad_input', {
      field: 'refund',
      message: 'Refund either an amount, or the lines and the shipping: leave one of them out.',
    })
  if (isByLine) return refundOfLines(state, { lines: refundLines ? lines : [], withShipping: refundShipping })
  if (refund === undefined) return null
  const returned = quantitiesOf([...state.returns.flatMap((earlier) => earlier.lines), ...lines])
  return refundOfReturn(state, refund, returnLimitMinor(state, returned))
}

/** Quantities that are with the buyer, for every SKU that was ordered. */
function withBuyer(state: OrderState): Quantities {
  const quantities = difference(sentOf(state), returnedOf(state))
  return new Map([...quantitiesOf(state.lines).keys()].map((sku) => [sku, quantities.get(sku) ?? 0]))
}

/** Closes the order once the time for returns is over, but not while money is pending: it may still change the order. */
export const close = (state: OrderState, _: unknown, now: Date): OrderDecision =>
  hasPendingMoney(state) ? {} : { state: closed(state, now) }
