import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  /** Default 10,000. */
  timeoutMs?: number
  /** Default 20. */
  everyMs?: number
  /** Completes the error "waited in vain for ...". */
  what: string
}

/**
 * Polls until the condition returns a truthy value, and returns it. A condition that throws does not hold yet; its last
 * error is the `cause` of the timeout.
 */
export async function waitFor<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, everyMs = 20, what } = options
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value) return value
      cause = undefined
    } catch (error) {
      cause = error
    }
    await delay(everyMs)
  } while (Date.now() < deadline)
  throw new Error(`waited in vain for ${what} (${timeoutMs} ms)`, { cause })
}

/** Repeats the assertion until it passes, for 10 s; then throws its last error. */
export async function eventually<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + 10_000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await delay(10)
  }
}
