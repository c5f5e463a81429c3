import { AppError } from '#errors'
import { closed, endedIfOver, isUnsettled } from '../state/ending.rules.ts'
import { fulfilmentStatusOf, quantitiesOf, requireLeft, returnedOf, sentOf, without } from './fulfilment.rules.ts'
import { changed, type Change, type OrderDecision } from '../state/order.change.ts'
import type { MessageOf } from '../state/order.message.ts'
import { refund, refundAmount } from '../payment/refund.rules.ts'
import type { OrderState } from '../state/order.state.ts'
import { isSold } from '../state/stock.rules.ts'

/** What comes back after it was sent, with or without its money, and the end of the time for that. */

/** @throws AppError `order_state` when more comes back than was sent, or less is left than is to be refunded */
export function takeBack(state: OrderState, message: MessageOf<'return'>, now: Date): Change {
  const { returnId: id, refundId, lines, reason, by } = message
  if (!isSold(state))
    throw new AppError('order_state', { message: 'Its money is still being captured. Take it back once it is paid.' })
  const out = without(sentOf(state), returnedOf(state))
  const pieces = [...quantitiesOf(lines)].map(([sku, quantity]) => ({ sku, quantity }))
  requireLeft(pieces, outOf(state, out), (sku, left) =>
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

/** What is with the buyer, of everything that was ordered. */
const outOf = (state: OrderState, out: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...quantitiesOf(state.lines).keys()].map((sku) => [sku, out.get(sku) ?? 0]))

const restocked = (state: OrderState, lines: MessageOf<'return'>['lines']) =>
  [...quantitiesOf(lines.filter(({ restock }) => restock))].map(([sku, quantity]) => ({
    sku,
    kind: 'return' as const,
    quantity,
    reference: state.id,
  }))

/** While money is on its way or argued about something can still happen: it stays open. */
export const close = (state: OrderState, _: unknown, now: Date): OrderDecision =>
  isUnsettled(state) ? {} : { state: closed(state, now) }
