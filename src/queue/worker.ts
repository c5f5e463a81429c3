import { openWorker, type QueueOptions } from './backend.ts'
import { throttle } from './waker.ts'

/** Takes wake-ups and lets the actors they name handle their mail. */
export interface WakeWorkers {
  /** Takes no more and waits for those under way. */
  close(): Promise<void>
}

export interface WakeWorkersOptions extends QueueOptions {
  kinds: readonly string[]
  /** Wake-ups of one kind under way at once. */
  concurrency: number
  handle(kind: string, ids: readonly string[]): Promise<void>
}

export function startWakeWorkers(options: WakeWorkersOptions): WakeWorkers {
  const underWay = new Set<Promise<void>>()
  /** Wake-ups that still come are dropped: the sweep of another process finds their mail. */
  let isClosing = false
  const workers = options.kinds.map((kind) => {
    const opened = openWorker(kind, options, async (job) => {
      const { ids } = job.data
      if (isClosing || !Array.isArray(ids)) return
      const known = ids.filter((id) => typeof id === 'string')
      const handled = options.handle(kind, known).finally(() => underWay.delete(handled))
      underWay.add(handled)
      await handled
    })
    const report = (error: Error) =>
      options.log.warn({ err: error, kind }, 'a queue worker is in trouble; the sweep stands in')
    opened.worker.on('error', throttle(report))
    return opened
  })
  return {
    async close() {
      isClosing = true
      await Promise.allSettled(underWay)
      await Promise.all(workers.map(({ close }) => close()))
    },
  }
}
