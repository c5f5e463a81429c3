import type { Logger } from '#telemetry'

const silentMs = 10_000

/**
 * Sampling: of the events of one kind, one in 10 s is to be reported.
 * @returns for an event to be reported, the number left out since the last one; undefined for an event to be left out
 */
export function sampling(): () => number | undefined {
  let silentUntil = 0
  let leftOut = 0
  return () => {
    if (performance.now() < silentUntil) {
      leftOut += 1
      return undefined
    }
    silentUntil = performance.now() + silentMs
    const count = leftOut
    leftOut = 0
    return count
  }
}

/**
 * Throttling: logs the first error as a warning, then only counts errors for 10 s. A Redis that is away fails every
 * attempt.
 */
export function throttledWarning(log: Logger, message: string): (error: Error) => void {
  const sample = sampling()
  return (error) => {
    const leftOut = sample()
    if (leftOut !== undefined) log.warn({ err: error, ...(leftOut > 0 && { leftOut }) }, message)
  }
}
