import { endSpan, startSpan, traceparentOf } from '#telemetry'
import { originOf } from './message-span.ts'
import type { Delivery } from './turn.ts'

/** Spans of one turn and of the messages that it handles. */
export interface TurnSpans {
  /** The span that handles this message, for the messages that it sends; undefined where it is not traced. */
  traceparentOf(delivery: Delivery): string | undefined
  end(error?: unknown): void
}

type Origin = { parent?: string; links?: string[] }

function deliveryOrigin({ item, stored }: Delivery): Origin | undefined {
  if (stored !== undefined) return stored.traceparent === null ? undefined : originOf(stored)
  const traceparent = item.type === 'wake' ? undefined : item.traceparent
  return traceparent === undefined ? undefined : { parent: traceparent }
}

/**
 * A turn handles messages of many traces: its span belongs to the first, and links to the others. Each message has a
 * span in its own trace. @returns undefined where no message is traced
 */
export function traceTurn(kind: string, deliveries: readonly Delivery[], startTime: Date): TurnSpans | undefined {
  const traced = deliveries.flatMap((delivery) => {
    const origin = deliveryOrigin(delivery)
    return origin === undefined ? [] : [{ delivery, origin }]
  })
  const [first] = traced
  if (first === undefined) return undefined
  const others = traced.slice(1).flatMap(({ origin }) => origin.parent ?? origin.links ?? [])
  const turn = startSpan(`turn ${kind}`, {
    startTime,
    parent: first.origin.parent,
    links: [...(first.origin.links ?? []), ...others],
    attributes: { 'holdfast.kind': kind, 'holdfast.messages': deliveries.length },
  })
  if (turn === undefined) return undefined
  const turnContext = traceparentOf(turn)
  const spans = new Map(
    traced.map(({ delivery, origin }) => {
      const under =
        delivery === first.delivery
          ? { parent: turnContext }
          : { parent: origin.parent, links: [...(origin.links ?? []), turnContext] }
      const attributes = { 'holdfast.kind': kind, 'holdfast.message': delivery.message.type }
      return [delivery, startSpan(`message ${kind}.${delivery.message.type}`, { attributes, ...under })]
    }),
  )
  return {
    traceparentOf(delivery) {
      const span = spans.get(delivery)
      return span === undefined ? undefined : traceparentOf(span)
    },
    end(error) {
      for (const span of spans.values()) if (span !== undefined) endSpan(span, error)
      endSpan(turn, error)
    },
  }
}
