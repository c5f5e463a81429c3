import { setTimeout as delay } from 'node:timers/promises'

/** A guard against standstill, not a measurement: a busy machine is several times slower than an idle one. */
const standstillMs = 20_000

export interface WaitOptions {
  /** Default 20,000. */
  timeoutMs?: number
  /** Default 20. */
  everyMs?: number
  /** Completes the error "waited in vain for ...". */
  what: string
}

/**
 * Polls until the condition returns a truthy value, and returns it. A condition that throws does not hold yet; its last
 * error is the `cause` of the timeout. The condition is read once more after the timeout, so that a process that was not
 * scheduled meanwhile does not miss it.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const { timeoutMs = standstillMs, everyMs = 20, what } = options
  // The monotonic clock: tests set Date.
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const isLast = performance.now() >= deadline
    let cause: unknown
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      cause = error
    }
    if (isLast) throw new Error(`waited in vain for ${what} (${timeoutMs} ms)`, { cause })
    await delay(everyMs)
  }
}

/** Repeats the assertion until it passes, for 20 s; then throws its last error. */
export async function eventually<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + standstillMs
  for (;;) {
    const isLast = performance.now() >= deadline
    try {
      return await work()
    } catch (error) {
      if (isLast) throw error
    }
    await delay(10)
  }
}
