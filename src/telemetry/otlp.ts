import { context, diag, DiagLogLevel } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { setGlobalErrorHandler } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { createMetricProducer } from './otlp-metrics.ts'
import { setTracer } from './tracing.ts'

export interface OtlpOptions {
  /** Base address of the collector; traces and metrics have paths of their own under it. */
  endpoint: string
  headers: Record<string, string>
  timeoutMs: number
  metricsEveryMs: number
  /** Share of requests that are traced, 0 to 1. */
  ratio: number
  resource: Record<string, string>
  /** Receives failures of exports. What was to be exported is dropped. */
  report(error: Error): void
}

/** Spans that wait for their export; further ones are dropped. */
const spansMax = 2_048

/** Sends traces and metrics to a collector. Nothing of the shop waits for it. @returns how to flush and stop */
export function startOtlp(options: OtlpOptions): () => Promise<void> {
  const { headers, timeoutMs, metricsEveryMs, report } = options
  setGlobalErrorHandler((error) => report(error instanceof Error ? error : new Error('an export failed')))
  // The SDK reports some failures, such as timeouts of metrics, to its own log alone.
  const ignore = (): undefined => undefined
  const reportText = (message: string): void => report(new Error(message))
  const logger = { error: reportText, warn: reportText, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const resource = resourceFromAttributes(options.resource)
  const exporterOf = (path: string) => ({
    url: `${options.endpoint.replace(/\/$/, '')}${path}`,
    headers,
    timeoutMillis: timeoutMs,
  })
  const traces = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(exporterOf('/v1/traces')),
        maxQueueSize: spansMax,
        maxExportBatchSize: 256,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: timeoutMs,
      }),
    ],
  })
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(exporterOf('/v1/metrics')),
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(timeoutMs, metricsEveryMs),
        metricProducers: [createMetricProducer(resource)],
      }),
    ],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  setTracer(traces.getTracer('holdfast'))
  return async () => void (await Promise.allSettled([traces.shutdown(), meters.shutdown()]))
}
