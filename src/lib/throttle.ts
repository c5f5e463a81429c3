import type { Logger } from '#telemetry'

const silentMs = 10_000

/**
 * Throttling: logs the first error as a warning, then drops errors for 10 s. A Redis that is away fails every attempt.
 */
export function throttledWarning(log: Logger, message: string): (error: Error) => void {
  let silentUntil = 0
  return (error) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + silentMs
    log.warn({ err: error }, message)
  }
}
