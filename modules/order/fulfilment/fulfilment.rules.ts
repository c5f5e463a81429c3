import { AppError } from '#errors'
import type { FulfilmentStatus } from '../contract.ts'
import { changed, sendEmail, takeHeld, type Change } from '../state/order.change.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

/** Sending what was ordered, at once or in parts. Money that is held is captured with the first part, the whole of it. */

/** @throws AppError `order_state` when the money is not secured, or more is to be sent than is left */
export function fulfil(state: OrderState, message: MessageOf<'fulfil'>, now: Date): Change {
  requireMoney(state)
  const left = unsent(state)
  const lines = message.lines === undefined ? asLines(left) : merged(message.lines)
  requireLeft(lines, left, (sku, pieces) => `Only ${pieces} of ${sku} are left to be sent. Send that many or fewer.`)
  const { fulfilmentId: id, carrier, trackingNumber, trackingUrl, by } = message
  const fulfilments = [...state.fulfilments, { id, at: now, lines, carrier, trackingNumber, trackingUrl }]
  const isAll = [...unsent({ ...state, fulfilments }).values()].every((pieces) => pieces === 0)
  const isHeld = state.paymentStatus === 'authorised'
  return {
    state: changed(
      state,
      {
        fulfilments,
        status: isAll ? 'fulfilled' : state.status,
        fulfilmentStatus: fulfilmentStatusOf({ ...state, fulfilments }),
        ...(isHeld ? { payment: { ...state.payment, wanted: 'capture' as const } } : {}),
      },
      { at: now, by, event: isAll ? 'fulfilled' : 'partly_fulfilled', detail: trackingNumber ?? undefined },
    ),
    outbox: [sendEmail(state.id, 'shipped', id), ...(isHeld ? [takeHeld(state.id)] : [])],
  }
}

function requireMoney({ paymentStatus }: OrderState): void {
  if (paymentStatus === 'refunded')
    throw new AppError('order_state', { message: 'The order has been refunded: nothing is to be sent. Cancel it.' })
  if (paymentStatus === 'voided')
    throw new AppError('order_state', { message: 'The held money could not be captured: nothing more is to be sent.' })
}

/** Pieces by SKU. */
export type Quantities = ReadonlyMap<string, number>

export const quantitiesOf = (lines: readonly { sku: string; quantity: number }[]): Map<string, number> => {
  const pieces = new Map<string, number>()
  for (const { sku, quantity } of lines) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity)
  return pieces
}

/** What of `some` is not in `others`. */
export const without = (some: Quantities, others: Quantities): Quantities =>
  new Map([...some].map(([sku, quantity]) => [sku, quantity - (others.get(sku) ?? 0)]))

export const sentOf = ({ fulfilments }: Pick<OrderState, 'fulfilments'>): Quantities =>
  quantitiesOf(fulfilments.flatMap(({ lines }) => lines))
export const returnedOf = ({ returns }: Pick<OrderState, 'returns'>): Quantities =>
  quantitiesOf(returns.flatMap(({ lines }) => lines))

const unsent = (state: Pick<OrderState, 'lines' | 'fulfilments'>): Quantities =>
  without(quantitiesOf(state.lines), sentOf(state))

const asLines = (pieces: Quantities): { sku: string; quantity: number }[] =>
  [...pieces].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }))

const merged = (lines: readonly { sku: string; quantity: number }[]) => asLines(quantitiesOf(lines))

/** @throws AppError naming the SKU that is not in the order, or of which too many are asked for */
export function requireLeft(
  lines: readonly { sku: string; quantity: number }[],
  left: Quantities,
  refusal: (sku: string, pieces: number) => string,
): void {
  for (const { sku, quantity } of lines) {
    const pieces = left.get(sku)
    if (pieces === undefined)
      throw new AppError('bad_input', { field: 'lines', message: `${sku} is not in this order. Name what is in it.` })
    if (quantity > pieces) throw new AppError('order_state', { field: 'lines', message: refusal(sku, pieces) })
  }
}

export function fulfilmentStatusOf(state: Pick<OrderState, 'lines' | 'fulfilments' | 'returns'>): FulfilmentStatus {
  const count = (pieces: Quantities): number => [...pieces.values()].reduce((sum, quantity) => sum + quantity, 0)
  const ordered = count(quantitiesOf(state.lines))
  const sent = count(sentOf(state))
  const returned = count(returnedOf(state))
  if (returned > 0) return returned === ordered ? 'returned' : 'partially_returned'
  if (sent === 0) return 'unfulfilled'
  return sent === ordered ? 'fulfilled' : 'partial'
}
