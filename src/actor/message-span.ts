import { inSpan, isTracing, startSpan, endSpan, withSpan } from '#telemetry'
import type { StoredMessage } from './mailbox.ts'

/** Where the span of a stored message belongs. A timer or a retry begins a trace of its own, linked to its sender's. */
export const originOf = ({ traceparent, isLater }: StoredMessage) =>
  isLater ? { links: [traceparent ?? ''] } : { parent: traceparent ?? '' }

/** Runs the effect of a stored message in its span. A message whose sender is not traced has none. */
export async function inMessageSpan<T>(kind: string, stored: StoredMessage, work: () => Promise<T>): Promise<T> {
  if (!isTracing() || stored.traceparent === null) return work()
  const attributes = { 'holdfast.kind': kind, 'holdfast.message_id': stored.id, 'holdfast.tries': stored.tries }
  const options = { kind: 'consumer', attributes, ...originOf(stored) } as const
  if (!stored.isLater) return inSpan(`effect ${kind}`, options, work)
  const span = startSpan(`effect ${kind}`, options)
  if (span === undefined) return work()
  try {
    return await withSpan(span, work)
  } catch (error) {
    endSpan(span, error)
    throw error
  } finally {
    endSpan(span)
  }
}
