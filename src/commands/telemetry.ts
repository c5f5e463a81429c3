import { randomUUID } from 'node:crypto'
import type { Config } from '#config'
import { settledWithin } from '#lib/deadline'
import { throttledWarning } from '#lib/throttle'
import { startOtlp, type Logger } from '#telemetry'

/** Longest wait for the last export when the process stops, ms. */
const flushMs = 2_000

/** Sends telemetry to the collector of OTEL_EXPORTER_OTLP_ENDPOINT; loads nothing without one. @returns how to stop */
export async function startTelemetry(
  config: Config,
  { log, role }: { log: Logger; role: string },
): Promise<() => Promise<void>> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return async () => undefined
  const stop = await startOtlp({
    endpoint,
    headers: headersOf(config.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
    timeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
    metricsEveryMs: config.OTEL_METRIC_EXPORT_INTERVAL,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    resource: {
      'service.name': config.OTEL_SERVICE_NAME,
      'service.instance.id': randomUUID(),
      'holdfast.role': role,
    },
    report: throttledWarning(log, 'telemetry could not be exported, and was dropped'),
  })
  return async () => void (await settledWithin(flushMs, stop()).catch(() => false))
}

/** Reads `name=value,name=value`, values encoded as in URLs (OpenTelemetry's form). */
function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)=([^,]*)/g)].map(([, name = '', value = '']) => [name, decodeURIComponent(value)]),
  )
}
