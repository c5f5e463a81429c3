import type { Decision, Envelope } from '#actor'
import type { StockMovement } from '#product'
import type { Order } from '../contract.ts'
import type { EmailTemplate } from '../email/email-template.ts'
import type { MoneyKind, MoneyMovement } from '../ledger/ledger.rules.ts'
import type { Who } from './order.message.ts'
import type { OrderRecords, OrderState } from './order.state.ts'

/** What the rules of an order are written with. */

/** Stock and money that move with an order. */
export type OrderMovement = StockMovement | MoneyMovement
export type OrderDecision = Decision<OrderState, Order, OrderMovement>
/** A decision that changes the order. */
export type Change = OrderDecision & { state: OrderState }

export const provider: Who = { role: 'provider', userId: null }
export const deadline: Who = { role: 'deadline', userId: null }
export const buyer: Who = { role: 'buyer', userId: null }
export const shop: Who = { role: 'shop', userId: null }

export interface Entry {
  at: Date
  by: Who
  event: string
  detail?: string | undefined
  isInternal?: boolean
}

/** The state after a change: a version further, with an entry in its timeline. */
export function changed(state: OrderState, change: Partial<OrderState>, entry?: Entry): OrderState {
  const next = { ...state, ...change, version: state.version + 1 }
  return {
    ...next,
    hasRecords: hasRecords(next),
    timeline: entry === undefined ? state.timeline : [...state.timeline, timelineEntry(entry)],
  }
}

export const timelineEntry = ({
  at,
  by,
  event,
  detail,
  isInternal = false,
}: Entry): OrderState['timeline'][number] => ({
  at,
  event,
  detail: detail ?? null,
  role: by.role,
  userId: by.userId,
  isInternal,
})

const hasRecords = ({ fulfilments, returns, refunds, disputes }: OrderRecords): boolean =>
  fulfilments.length + returns.length + refunds.length + disputes.length > 0

/** The first decision, and what the second adds to it. */
export const both = (first: OrderDecision, second: Change): Change => ({
  state: second.state,
  movements: [...(first.movements ?? []), ...(second.movements ?? [])],
  outbox: [...(first.outbox ?? []), ...(second.outbox ?? [])],
  cancelMessages: [...(first.cancelMessages ?? []), ...(second.cancelMessages ?? [])],
})

/** Mail to the payment effect: move the provider towards what `payment.wanted` says. */
export const movePayment = (orderId: string, later: { dueAt?: Date; round?: number } = {}): Envelope => ({
  kind: 'payment',
  id: orderId,
  message: { type: 'settle', ...(later.round === undefined ? {} : { round: later.round }) },
  ...(later.dueAt === undefined ? {} : { dueAt: later.dueAt }),
})

/** Mail to the charge effect: take the money that is held. */
export const takeHeld = (orderId: string): Envelope => ({ kind: 'charge', id: orderId, message: { type: 'capture' } })

/** Mail to the charge effect: ask what the provider keeps of it. */
export const askFee = (orderId: string, dueAt: Date): Envelope => ({
  kind: 'charge',
  id: orderId,
  message: { type: 'fee' },
  dueAt,
})

/** Mail to the charge effect: give this back, or ask again what became of it. */
export const giveBack = (orderId: string, refundId: string, dueAt?: Date): Envelope => ({
  kind: 'charge',
  id: orderId,
  message: { type: 'refund', refundId },
  ...(dueAt === undefined ? {} : { dueAt }),
})

/** @param reference what the letter is about, where an order can have several of a kind */
export const sendEmail = (orderId: string, template: EmailTemplate, reference?: string): Envelope => ({
  kind: 'email',
  id: orderId,
  message: { type: 'send', template, ...(reference === undefined ? {} : { reference }) },
})

/** Pieces of everything in the order. */
export const stockMoves = (order: Pick<OrderState, 'id' | 'lines'>, kind: StockMovement['kind']): StockMovement[] =>
  order.lines.map(({ sku, quantity }) => ({ sku, kind, quantity, reference: order.id }))

/** Nothing where the amount is zero. */
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

export const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms)
