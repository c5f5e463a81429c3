import type { Logger } from '#telemetry'

/** Redis that is away reports an error at every attempt to connect: one line in ten seconds is enough. */
export function throttle(log: Logger, message: string): (error: Error) => void {
  let silentUntil = 0
  return (error) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + 10_000
    log.warn({ err: error }, message)
  }
}
