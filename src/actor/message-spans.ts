import { activeTraceparent, endSpan, inSpan, isTracing, startSpan, traceparentOf } from '#telemetry'
import type { Envelope } from './kind.ts'
import type { StoredMessage } from './mailbox.ts'
import type { Delivery } from './turn.ts'

/**
 * Spans of messages. A message belongs to the trace of its sender, timers and retries too: one trace tells all of an
 * order. A message that no traced request has led to has no span. The span of a stored message begins when it is due:
 * the time before its child begins is its time in the queue.
 */

type Span = NonNullable<ReturnType<typeof startSpan>>

const startMessage = (kind: string, { id, traceparent, waitedMs, tries }: StoredMessage): Span | undefined =>
  traceparent === null
    ? undefined
    : startSpan(`message ${kind}`, {
        kind: 'consumer',
        parent: traceparent,
        startTime: new Date(Date.now() - (waitedMs ?? 0)),
        attributes: { 'holdfast.kind': kind, 'holdfast.message_id': id, 'holdfast.tries': tries },
      })

/** Runs the effect of a stored message in its span. */
export async function inEffectSpan<T>(kind: string, stored: StoredMessage, work: () => Promise<T>): Promise<T> {
  const message = startMessage(kind, stored)
  if (message === undefined) return work()
  try {
    return await inSpan(`effect ${kind}`, { parent: traceparentOf(message) }, work)
  } finally {
    endSpan(message)
  }
}

/** Messages that carry the active span, where there is one. */
export function traced(outbox: readonly Envelope[], traceparent = activeTraceparent()): readonly Envelope[] {
  return traceparent === undefined ? outbox : outbox.map((envelope) => ({ ...envelope, traceparent }))
}

export interface TurnSpans {
  /** Starts the spans of the messages that the turn has read. */
  start(deliveries: readonly Delivery[]): void
  /** The span of a message, to be the parent of the messages that it sends; undefined where it is not traced. */
  traceparentOf(delivery: Delivery): string | undefined
}

/** Runs a turn, which joins many traces in one transaction: each of its messages has a turn span in its own trace. */
export async function inTurnSpans<T>(kind: string, turn: (spans?: TurnSpans) => Promise<T>): Promise<T> {
  if (!isTracing()) return turn()
  const startTime = new Date()
  const started: Span[] = []
  const turnSpans = new Map<Delivery, Span>()
  const end = (error?: unknown): void => {
    for (const span of [...turnSpans.values(), ...started]) endSpan(span, error)
  }
  try {
    const result = await turn({
      start(deliveries) {
        for (const delivery of deliveries) {
          const { stored, item, message } = delivery
          const queued = stored && startMessage(kind, stored)
          if (queued !== undefined) started.push(queued)
          const parent = queued === undefined ? item?.traceparent : traceparentOf(queued)
          const attributes = { 'holdfast.message': message.type, 'holdfast.batch': deliveries.length }
          const span = parent === undefined ? undefined : startSpan(`turn ${kind}`, { parent, startTime, attributes })
          if (span !== undefined) turnSpans.set(delivery, span)
        }
      },
      traceparentOf(delivery) {
        const span = turnSpans.get(delivery)
        return span && traceparentOf(span)
      },
    })
    end()
    return result
  } catch (error) {
    end(error)
    throw error
  }
}
