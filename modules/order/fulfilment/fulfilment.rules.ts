import { AppError } from '#errors'
import type { FulfilmentStatus } from '../contract.ts'
import { changed, type Change } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import { captureHeld, sendEmail } from '../state/order.outbox.ts'
import type { OrderState } from '../state/order.state.ts'
import {
  linesOf,
  merged,
  returnedOf,
  sentOf,
  totalOf,
  unsentOf,
  wantedOf,
  type Quantities,
} from '../state/quantity.rules.ts'

/** Fulfilment: sends the goods, whole or in parts. The first parcel captures held money, the whole amount. */

/** @throws AppError `order_state` when the money is not secured, or more is to be sent than is left */
export function fulfil(state: OrderState, message: MessageOf<'fulfil'>, now: Date): Change {
  requireMoney(state)
  const unsent = unsentOf(state)
  const lines = message.lines === undefined ? linesOf(unsent) : merged(message.lines)
  requireLeft(lines, unsent, (sku, left) => `Only ${left} of ${sku} are left to be sent. Send that many or fewer.`)
  const { fulfilmentId: id, carrier, trackingNumber, trackingUrl, by } = message
  const fulfilments = [...state.fulfilments, { id, at: now, lines, carrier, trackingNumber, trackingUrl }]
  const isComplete = totalOf(unsentOf({ ...state, fulfilments })) === 0
  const isHeld = state.paymentStatus === 'authorised'
  return {
    state: changed(
      state,
      {
        fulfilments,
        status: isComplete ? 'fulfilled' : state.status,
        fulfilmentStatus: fulfilmentStatusOf({ ...state, fulfilments }),
        ...(isHeld ? { payment: { ...state.payment, wanted: 'capture' as const } } : {}),
      },
      { at: now, by, event: isComplete ? 'fulfilled' : 'partly_fulfilled', detail: trackingNumber ?? undefined },
    ),
    outbox: [sendEmail(state.id, 'shipped', id), ...(isHeld ? [captureHeld(state.id)] : [])],
  }
}

function requireMoney({ paymentStatus, disputes, fulfilmentStatus, reviewSince }: OrderState): void {
  if (reviewSince !== null)
    throw new AppError('order_state', { message: 'The order is on hold for review. Release it before it is sent.' })
  const way = fulfilmentStatus === 'unfulfilled' ? 'Cancel the order.' : 'Cancel the lines that were not sent.'
  if (disputes.some(({ status }) => status === 'opened'))
    throw new AppError('order_state', {
      message: "The buyer's bank disputes this payment: nothing is to be sent. Wait until the dispute is closed.",
    })
  if (paymentStatus === 'refunded')
    throw new AppError('order_state', { message: `The order has been refunded: nothing is to be sent. ${way}` })
  if (paymentStatus === 'voided')
    throw new AppError('order_state', {
      message: `The held money could not be captured: nothing more is to be sent. ${way}`,
    })
}

/**
 * @param messageOf the error message for a quantity greater than is left
 * @throws AppError naming the SKU: `bad_input` if the order does not have it, `order_state` if too little of it is left
 */
export function requireLeft(
  lines: readonly { sku: string; quantity: number }[],
  quantities: Quantities,
  messageOf: (sku: string, left: number) => string,
): void {
  for (const { sku, quantity } of lines) {
    const left = quantities.get(sku)
    if (left === undefined)
      throw new AppError('bad_input', { field: 'lines', message: `${sku} is not in this order. Name what is in it.` })
    if (quantity > left) throw new AppError('order_state', { field: 'lines', message: messageOf(sku, left) })
  }
}

export function fulfilmentStatusOf(
  state: Pick<OrderState, 'lines' | 'cancellations' | 'fulfilments' | 'returns'>,
): FulfilmentStatus {
  const wanted = totalOf(wantedOf(state))
  const sent = totalOf(sentOf(state))
  const returned = totalOf(returnedOf(state))
  if (returned > 0) return returned === wanted ? 'returned' : 'partially_returned'
  if (sent === 0) return 'unfulfilled'
  return sent === wanted ? 'fulfilled' : 'partial'
}
