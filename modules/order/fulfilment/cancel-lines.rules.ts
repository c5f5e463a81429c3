import { AppError } from '#errors'
import { refundOfCancelled } from '../payment/refund-content.rules.ts'
import { refundOwnPayment } from '../payment/refund.rules.ts'
import { endedIfOver } from '../state/ending.rules.ts'
import { changed, stockMovesOf, type Change } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import { sendEmail } from '../state/order.outbox.ts'
import type { OrderState } from '../state/order.state.ts'
import { linesOf, merged, quantitiesOf, totalOf, unsentOf, wantedOf } from '../state/quantity.rules.ts'
import { fulfilmentStatusOf, requireLeft } from './fulfilment.rules.ts'

/**
 * Cancels lines that were not sent: their stock is on sale again, and their worth is refunded as far as the shop has it.
 * An order of which everything else was sent is then fulfilled.
 * @throws AppError `order_state` while the payment is held or disputed, when more is named than is unsent, or when
 * nothing of the order would be left
 */
export function cancelLines(state: OrderState, message: MessageOf<'cancelLines'>, now: Date): Change {
  requireSettledMoney(state)
  const { cancellationId: id, refundId, reason, by } = message
  const unsent = unsentOf(state)
  const lines = message.lines === undefined ? linesOf(unsent) : merged(message.lines)
  if (lines.length === 0)
    throw new AppError('order_state', { message: 'Everything in this order has been sent. Take it back instead.' })
  requireLeft(lines, unsent, (sku, left) => `Only ${left} of ${sku} are not sent. Cancel that many or fewer.`)
  if (totalOf(quantitiesOf(lines)) === totalOf(wantedOf(state)))
    throw new AppError('order_state', { message: 'Nothing of the order would be left. Cancel the order instead.' })
  const content = refundOfCancelled(state, { lines, withShipping: message.refundShipping ?? false })
  const cancellations = [
    ...state.cancellations,
    { id, at: now, lines, reason, refundId: content === null ? null : refundId },
  ]
  const isComplete = totalOf(unsentOf({ ...state, cancellations })) === 0
  const decision: Change = {
    state: changed(
      state,
      {
        cancellations,
        status: isComplete ? 'fulfilled' : state.status,
        fulfilmentStatus: fulfilmentStatusOf({ ...state, cancellations }),
      },
      { at: now, by, event: 'lines_cancelled', detail: message.message, note: reason },
    ),
    // The capture has sold them.
    movements: stockMovesOf(state, lines, 'return'),
    outbox: [sendEmail(state.id, 'lines_cancelled', id)],
  }
  if (content === null) return endedIfOver(decision, now)
  return refundOwnPayment(decision, { id: refundId, ...content, reason, by, now })
}

function requireSettledMoney({ paymentStatus, payment, disputes }: OrderState): void {
  if (paymentStatus === 'authorised')
    throw new AppError('order_state', {
      message:
        payment.wanted === 'capture'
          ? 'Its money is still being captured. Cancel the lines once it is paid.'
          : 'The money is only held. Capture it first, or cancel the whole order.',
    })
  if (disputes.some(({ status }) => status === 'opened'))
    throw new AppError('order_state', {
      message: "The buyer's bank disputes this payment. Cancel the lines once the dispute is closed.",
    })
}
