import type { BasicServices } from '#services'
import { findLiveSessions } from '#user'
import { orderVersions } from './order.store.ts'

/**
 * Change notification by polling: one query per interval reads the versions of all orders watched in this process, so that
 * changes made by any process are noticed. Every few intervals another query finds sessions that have ended, wherever.
 */
export interface OrderWatch {
  /**
   * Yields the version at every change after `version`, until `signal` aborts or the session ends. It ends immediately
   * while the process watches as many orders as it may.
   */
  changes(watched: WatchedOrder, signal: AbortSignal): AsyncGenerator<number>
}

interface WatchedOrder {
  id: string
  version: number
  /** The session that gives access to the order; undefined where the order's access token does. */
  sessionId: string | undefined
}

interface Watcher {
  sessionId: string | undefined
  notify(version: number): void
  end(): void
}

const pollIntervalMs = 300
/** Polls from one look at the sessions to the next. */
const pollsPerSessionCheck = 5
/** Limit of different orders watched concurrently in one process. */
const watchedMax = 20_000

export function createOrderWatch({ database, log }: BasicServices): OrderWatch {
  const watchers = new Map<string, Set<Watcher>>()
  let isPolling = false

  async function poll(): Promise<void> {
    if (isPolling) return
    isPolling = true
    for (let polls = 1; watchers.size > 0; polls += 1) {
      try {
        const versions = await orderVersions(database.query, [...watchers.keys()])
        for (const [id, version] of versions) for (const { notify } of watchers.get(id) ?? []) notify(version)
        if (polls % pollsPerSessionCheck === 0) await endThoseOfEndedSessions()
      } catch (error) {
        log.warn({ err: error }, 'the versions of watched orders could not be read: retrying')
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs))
    }
    isPolling = false
  }

  async function endThoseOfEndedSessions(): Promise<void> {
    const bound = [...watchers.values()].flatMap((ofOrder) =>
      [...ofOrder].flatMap(({ sessionId, end }) => (sessionId === undefined ? [] : [{ sessionId, end }])),
    )
    if (bound.length === 0) return
    const live = await findLiveSessions(database.query, [...new Set(bound.map(({ sessionId }) => sessionId))])
    for (const { sessionId, end } of bound) if (!live.has(sessionId)) end()
  }

  return {
    async *changes({ id, version, sessionId }, signal) {
      let yielded = version
      let latest = version
      let isEnded = signal.aborted
      let resume: (() => void) | undefined
      const notify = (current: number): void => {
        latest = Math.max(latest, current)
        if (latest > yielded) resume?.()
      }
      const end = (): void => {
        isEnded = true
        resume?.()
      }
      if (watchers.size >= watchedMax) return
      const ofOrder = watchers.get(id) ?? new Set()
      const watcher = { sessionId, notify, end }
      watchers.set(id, ofOrder.add(watcher))
      signal.addEventListener('abort', end)
      void poll()
      try {
        while (!isEnded) {
          if (latest <= yielded) await new Promise<void>((resolve) => (resume = resolve))
          if (isEnded) return
          if (latest > yielded) {
            yielded = latest
            yield yielded
          }
        }
      } finally {
        signal.removeEventListener('abort', end)
        ofOrder.delete(watcher)
        if (ofOrder.size === 0) watchers.delete(id)
      }
    },
  }
}
