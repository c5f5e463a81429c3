import type { Database, StoredOrder } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promise 5, and the mailbox: everything comes to an end, once, and nothing is left behind. */

/** How long after its payment deadline an order may still be open, ms. */
const graceMs = 60_000

/** Neither the shop nor the provider has anything left to do; the buyer may have. */
function isSettled({ status, paymentStatus, deadlineMs }: StoredOrder, nowMs: number): boolean {
  if (status === 'paid' || status === 'fulfilled' || status === 'closed') return paymentStatus === 'captured'
  if (status === 'cancelled') return paymentStatus !== 'captured'
  const waitsForBuyer = status === 'placed' && (paymentStatus === 'declined' || paymentStatus === 'requires_action')
  return waitsForBuyer && deadlineMs !== null && nowMs < deadlineMs + graceMs
}

export const openOrders = ({ orders, nowMs }: Database): StoredOrder[] =>
  orders.filter((order) => !isSettled(order, nowMs))

/** Of a kind or version that this program does not know: it stays where it is, since another may. */
export const isForeign = ({ kind, version }: Database['mail'][number]): boolean =>
  kind.startsWith('unknown') || version >= 90

/** Read once everything was healed long enough. */
export const everyOrderSettles: Rule = ({ database }) =>
  openOrders(database).map(({ id, status, paymentStatus, timeline }) => ({
    name: 'unsettled',
    what: `order ${id} is ${status}/${paymentStatus} (${timeline.join(', ')})`,
  }))

export const noMailIsLeft: Rule = ({ database }) => [
  ...database.mail.map(({ id, kind, actorId, attempts, lastError }): Violation => ({
    name: 'mail_left',
    what: `letter ${id} to ${kind}:${actorId}, ${attempts} attempts, ${lastError ?? 'never failed'}`,
  })),
  ...database.parked.map(({ id, kind, actorId, reason }): Violation => ({
    name: 'mail_parked',
    what: `letter ${id} to ${kind}:${actorId}: ${reason}`,
  })),
]

/** Letters have a stable name, so that one that was sent twice is there once. */
export const lettersWereSent: Rule = ({ database, letters }) => {
  const sent = new Set(letters)
  return database.orders.flatMap(({ id, status, timeline }): Violation[] =>
    [...(timeline.includes('paid') ? ['confirmed'] : []), ...(status === 'cancelled' ? ['cancelled'] : [])].flatMap(
      (template) =>
        sent.has(`order-${id}.${template}.eml`)
          ? []
          : [{ name: 'letter_missing', what: `order ${id} was not written that it is ${template}` }],
    ),
  )
}

/** These happen to an order once at most. */
const once = ['placed', 'paid', 'payment_deadline_passed', 'refunded', 'cancelled']

export const stateMovesForward: Rule = ({ database }) =>
  database.orders.flatMap(({ id, timeline }): Violation[] => {
    const twice = once.filter((event) => timeline.filter((other) => other === event).length > 1)
    const wrong = [
      ...twice.map((event) => `${event} twice`),
      ...(timeline[0] === 'placed' ? [] : ['does not begin with placed']),
      ...(before(timeline, 'cancelled', 'paid') ? ['paid after it was cancelled'] : []),
    ]
    return wrong.map((what) => ({ name: 'state_went_back', what: `order ${id}: ${what} (${timeline.join(', ')})` }))
  })

const before = (timeline: readonly string[], first: string, second: string): boolean =>
  timeline.includes(first) && timeline.includes(second) && timeline.indexOf(first) < timeline.indexOf(second)
