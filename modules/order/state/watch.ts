import type { Services } from '#services'
import { orderVersions } from './order.store.ts'

/** Tells when orders change, whichever process changed them: one query for all orders that are watched in this process. */
export interface OrderWatch {
  /** Yields at every change after `version`, until `signal` aborts. */
  changes(id: string, version: number, signal: AbortSignal): AsyncGenerator<number>
}

const everyMs = 300
/** Orders watched at once in one process. */
const watchedMax = 20_000

export function createOrderWatch({ database, log }: Services): OrderWatch {
  const watchers = new Map<string, Set<(version: number) => void>>()
  let isPolling = false

  async function poll(): Promise<void> {
    if (isPolling) return
    isPolling = true
    while (watchers.size > 0) {
      try {
        const versions = await orderVersions(database.query, [...watchers.keys()])
        for (const [id, version] of versions) for (const tell of watchers.get(id) ?? []) tell(version)
      } catch (error) {
        log.warn({ err: error }, 'watched orders could not be read; trying again')
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
    isPolling = false
  }

  return {
    async *changes(id, version, signal) {
      let seen = version
      let latest = version
      let wakeUp: (() => void) | undefined
      const tell = (now: number): void => {
        latest = Math.max(latest, now)
        if (latest > seen) wakeUp?.()
      }
      const end = (): void => wakeUp?.()
      if (watchers.size >= watchedMax) return
      const mine = watchers.get(id) ?? new Set()
      watchers.set(id, mine.add(tell))
      signal.addEventListener('abort', end)
      void poll()
      try {
        while (!signal.aborted) {
          if (latest <= seen) await new Promise<void>((resolve) => (wakeUp = resolve))
          if (signal.aborted) return
          if (latest > seen) {
            seen = latest
            yield seen
          }
        }
      } finally {
        signal.removeEventListener('abort', end)
        mine.delete(tell)
        if (mine.size === 0) watchers.delete(id)
      }
    },
  }
}
