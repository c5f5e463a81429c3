import type { AuditEntry } from '#user'
import type { OrderState } from './order.state.ts'

/**
 * The acts of staff among the new entries of these timelines, for the audit. It names the entry and repeats none of its
 * text, which can hold personal data. A buyer's order has none, and costs no statement.
 */
export function staffActs(
  states: Iterable<OrderState>,
  before: ReadonlyMap<string, Pick<OrderState, 'timeline'>>,
): AuditEntry[] {
  return [...states].flatMap(({ id, timeline }) =>
    timeline.slice(before.get(id)?.timeline.length ?? 0).flatMap(({ role, userId, event }, index) =>
      role !== 'staff' || userId === null
        ? []
        : {
            actorId: userId,
            action: `order.${event}`,
            subject: `order:${id}`,
            detail: { position: (before.get(id)?.timeline.length ?? 0) + index },
            requestId: null,
          },
    ),
  )
}
