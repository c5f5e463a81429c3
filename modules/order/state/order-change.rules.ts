import type { Decision } from '#actor'
import type { StockMovement } from '#product'
import type { MoneyKind } from '../admin.contract.ts'
import type { Order } from '../contract.ts'
import type { MoneyMovement } from '../ledger/ledger.rules.ts'
import type { Initiator } from './order.message.ts'
import type { OrderState } from './order.state.ts'
import { linesOf, wantedOf } from './quantity.rules.ts'

/** Building blocks of an order's decisions: changes of its state, timeline entries, movements of stock and money. */

/** Stock or money that moves with an order. */
export type OrderMovement = StockMovement | MoneyMovement
export type OrderDecision = Decision<OrderState, Order, OrderMovement>
/** A decision that changes the order. */
export type Change = OrderDecision & { state: OrderState }

export const provider: Initiator = { role: 'provider', userId: null }
export const deadline: Initiator = { role: 'deadline', userId: null }
export const buyer: Initiator = { role: 'buyer', userId: null }
export const shop: Initiator = { role: 'shop', userId: null }

export interface NewEntry {
  at: Date
  by: Initiator
  event: string
  /** For the buyer. */
  detail?: string | undefined
  /** For staff only. */
  note?: string | undefined
  isInternal?: boolean
}

/** The state after a change, with the next version, and with the entry appended to its timeline. */
export function changed(state: OrderState, change: Partial<OrderState>, entry?: NewEntry): OrderState {
  return {
    ...state,
    ...change,
    version: state.version + 1,
    timeline: entry === undefined ? state.timeline : [...state.timeline, timelineEntry(entry)],
  }
}

export const timelineEntry = ({
  at,
  by,
  event,
  detail,
  note,
  isInternal = false,
}: NewEntry): OrderState['timeline'][number] => ({
  at,
  event,
  detail: detail ?? null,
  note: note ?? null,
  role: by.role,
  userId: by.userId,
  isInternal,
})

/** Two decisions as one: the state of the second, and everything else of both. */
export const combined = (first: OrderDecision, second: Change): Change => ({
  state: second.state,
  movements: [...(first.movements ?? []), ...(second.movements ?? [])],
  outbox: [...(first.outbox ?? []), ...(second.outbox ?? [])],
  cancelMessages: [...(first.cancelMessages ?? []), ...(second.cancelMessages ?? [])],
})

/** One movement for each of the order's lines, of the quantity that is not cancelled. */
export const stockMoves = (
  order: Pick<OrderState, 'id' | 'lines' | 'cancellations'>,
  kind: StockMovement['kind'],
): StockMovement[] => stockMovesOf(order, linesOf(wantedOf(order)), kind)

export const stockMovesOf = (
  { id }: Pick<OrderState, 'id'>,
  lines: readonly { sku: string; quantity: number }[],
  kind: StockMovement['kind'],
): StockMovement[] => lines.map(({ sku, quantity }) => ({ sku, kind, quantity, reference: id }))

/** No movement for an amount of zero. */
export const moneyMove = (
  { id, currency }: Pick<OrderState, 'id' | 'currency'>,
  move: { kind: MoneyKind; reference: string; amountMinor: number },
): MoneyMovement[] =>
  move.amountMinor === 0
    ? []
    : [
        {
          kind: move.kind,
          orderId: id,
          reference: move.reference,
          amount: { amount: move.amountMinor, currency },
        },
      ]

export const addMs = (time: Date, ms: number): Date => new Date(time.getTime() + ms)
