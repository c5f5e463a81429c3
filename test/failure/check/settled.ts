import type { Database, StoredOrder } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promise 5: every order ends, once, and no message is left in the mailbox. */

/** Longest time that an order may stay open after its payment deadline, ms. */
const graceMs = 60_000

/** True when neither the shop nor the provider has work left; the order may still wait for its buyer. */
function isSettled({ status, paymentStatus, deadlineMs }: StoredOrder, nowMs: number): boolean {
  if (status === 'paid' || status === 'fulfilled' || status === 'closed') return paymentStatus === 'captured'
  if (status === 'cancelled') return paymentStatus !== 'captured'
  const waitsForBuyer = status === 'placed' && (paymentStatus === 'declined' || paymentStatus === 'requires_action')
  return waitsForBuyer && deadlineMs !== null && nowMs < deadlineMs + graceMs
}

export const openOrders = ({ orders, nowMs }: Database): StoredOrder[] =>
  orders.filter((order) => !isSettled(order, nowMs))

/** True for a kind or version that this release does not know. Such a message stays, since another release may know it. */
export const isUnknownMessage = ({ kind, version }: Database['messages'][number]): boolean =>
  kind.startsWith('unknown') || version >= 90

/** Holds only for facts that were collected long enough after the last fault. */
export const everyOrderSettles: Rule = ({ database }) =>
  openOrders(database).map(({ id, status, paymentStatus, timeline }) => ({
    name: 'unsettled',
    detail: `order ${id} is ${status}/${paymentStatus} (${timeline.join(', ')})`,
  }))

export const noMessagesLeft: Rule = ({ database }) => [
  ...database.messages.map(({ id, kind, actorId, attempts, lastError }): Violation => ({
    name: 'message_left',
    detail: `message ${id} to ${kind}:${actorId}, ${attempts} attempts, ${lastError ?? 'never failed'}`,
  })),
  ...database.deadLetters.map(({ id, kind, actorId, reason }): Violation => ({
    name: 'dead_letter_found',
    detail: `message ${id} to ${kind}:${actorId}: ${reason}`,
  })),
]

/**
 * The file name of an email is derived from its order, so that a duplicate overwrites the first. Nothing is written about
 * an order that was never paid; an order that was cancelled before its confirmation was written gets one email, not two.
 */
export const emailsWereSent: Rule = ({ database, emails }) => {
  const sent = new Set(emails)
  return database.orders.flatMap(({ id, status, timeline }): Violation[] =>
    (timeline.includes('paid') ? [status === 'cancelled' ? 'cancelled' : 'confirmed'] : []).flatMap((template) =>
      sent.has(`order-${id}.${template}.eml`)
        ? []
        : [{ name: 'email_missing', detail: `email "${template}" of order ${id} was not sent` }],
    ),
  )
}

/** Events that happen to an order at most once. */
const uniqueEvents = ['placed', 'paid', 'payment_deadline_passed', 'refunded', 'cancelled']

export const stateMovesForward: Rule = ({ database }) =>
  database.orders.flatMap(({ id, timeline }): Violation[] => {
    const repeated = uniqueEvents.filter((event) => timeline.filter((other) => other === event).length > 1)
    const problems = [
      ...repeated.map((event) => `${event} twice`),
      ...(timeline[0] === 'placed' ? [] : ['does not begin with placed']),
      ...(isBefore(timeline, 'cancelled', 'paid') ? ['paid after it was cancelled'] : []),
    ]
    return problems.map((problem) => ({
      name: 'state_regressed',
      detail: `order ${id}: ${problem} (${timeline.join(', ')})`,
    }))
  })

const isBefore = (timeline: readonly string[], first: string, second: string): boolean =>
  timeline.includes(first) && timeline.includes(second) && timeline.indexOf(first) < timeline.indexOf(second)
