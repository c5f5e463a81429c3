import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api'

/**
 * Spans at the seams of the program. While no collector is set, each function returns after one comparison. Attributes
 * hold names, ids and outcomes: no personal data, no secrets, no values of SQL.
 */

let tracer: Tracer | undefined

/** Begins tracing in this process; see otlp.ts. */
export function setTracer(started: Tracer): void {
  tracer = started
}

export const isTracing = (): boolean => tracer !== undefined

export interface SpanOptions {
  kind?: 'server' | 'client' | 'producer' | 'consumer'
  attributes?: Attributes
  /** W3C traceparent of the span that caused this one, where that is not the active span. */
  parent?: string | undefined
  startTime?: Date
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

const format = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/

/** @returns undefined for a text that is no W3C traceparent */
function parse(traceparent: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = format.exec(traceparent) ?? []
  const parsed = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return trace.isSpanContextValid(parsed) ? parsed : undefined
}

const textOf = ({ traceId, spanId }: SpanContext): string => `00-${traceId}-${spanId}-01`

/** The W3C traceparent of a span. */
export const traceparentOf = (span: Span): string => textOf(span.spanContext())

/** The W3C traceparent of the active span; undefined where it is not sampled. */
export function activeTraceparent(): string | undefined {
  if (tracer === undefined) return undefined
  const active = trace.getActiveSpan()
  return active?.isRecording() === true ? traceparentOf(active) : undefined
}

/** Starts a span, of a new trace where it has no parent. The sampler may leave it out: it then records nothing. */
export function startSpan(name: string, options: SpanOptions = {}): Span | undefined {
  if (tracer === undefined) return undefined
  const { kind, attributes, startTime, parent } = options
  const remote = parent === undefined ? undefined : parse(parent)
  const under: Context = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote)
  return tracer.startSpan(
    name,
    {
      kind: kind === undefined ? SpanKind.INTERNAL : kinds[kind],
      attributes: attributes ?? {},
      ...(startTime === undefined ? {} : { startTime }),
    },
    under,
  )
}

/** Runs `work` with this span active. */
export const withSpan = <T>(span: Span, work: () => T): T => context.with(trace.setSpan(context.active(), span), work)

/** Ends a span; an error is recorded by its class alone, since messages may quote what a person wrote. */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** Runs `work` in a span under `options.parent`, else under the active span. Without a sampled one there is no span. */
export async function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (tracer === undefined) return work()
  const parent = options.parent ?? activeTraceparent()
  const span = parent === undefined ? undefined : startSpan(name, { ...options, parent })
  if (span === undefined) return work()
  try {
    const result = await withSpan(span, work)
    endSpan(span)
    return result
  } catch (error) {
    endSpan(span, error)
    throw error
  }
}

/** Fields of a log line that lead to its trace. pino writes into the object, so each line has one of its own. */
export function traceFields(): object {
  if (tracer === undefined) return {}
  const active = trace.getActiveSpan()
  if (active?.isRecording() !== true) return {}
  const { traceId, spanId } = active.spanContext()
  return { trace_id: traceId, span_id: spanId }
}
