import type { OtlpOptions } from './otlp.ts'

/** Sends traces and metrics to a collector; OpenTelemetry's SDK is loaded by the first call. @returns how to flush and stop */
export async function startOtlp(options: OtlpOptions): Promise<() => Promise<void>> {
  return (await import('./otlp.ts')).startOtlp(options)
}
