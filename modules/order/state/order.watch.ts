import type { Services } from '#services'
import { orderVersions } from './order.store.ts'

/**
 * Change notification by polling: one query per interval reads the versions of all orders watched in this process, so that
 * changes made by any process are noticed.
 */
export interface OrderWatch {
  /**
   * Yields the version at every change after `version`, until `signal` aborts. It ends immediately while the process
   * watches as many orders as it may.
   */
  changes(id: string, version: number, signal: AbortSignal): AsyncGenerator<number>
}

const pollIntervalMs = 300
/** Limit of different orders watched concurrently in one process. */
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
        for (const [id, version] of versions) for (const notify of watchers.get(id) ?? []) notify(version)
      } catch (error) {
        log.warn({ err: error }, 'the versions of watched orders could not be read: retrying')
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs))
    }
    isPolling = false
  }

  return {
    async *changes(id, version, signal) {
      let yielded = version
      let latest = version
      let resume: (() => void) | undefined
      const notify = (current: number): void => {
        latest = Math.max(latest, current)
        if (latest > yielded) resume?.()
      }
      const end = (): void => resume?.()
      if (watchers.size >= watchedMax) return
      const ofOrder = watchers.get(id) ?? new Set()
      watchers.set(id, ofOrder.add(notify))
      signal.addEventListener('abort', end)
      void poll()
      try {
        while (!signal.aborted) {
          if (latest <= yielded) await new Promise<void>((resolve) => (resume = resolve))
          if (signal.aborted) return
          if (latest > yielded) {
            yielded = latest
            yield yielded
          }
        }
      } finally {
        signal.removeEventListener('abort', end)
        ofOrder.delete(notify)
        if (ofOrder.size === 0) watchers.delete(id)
      }
    },
  }
}
