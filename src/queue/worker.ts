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
  const workers = options.kinds.map((kind) => {
    const worker = openWorker(kind, options, async (job) => {
      const { ids } = job.data
      if (Array.isArray(ids)) await options.handle(kind, ids.filter((id) => typeof id === 'string'))
    })
    worker.on('error', throttle((error) => options.log.warn({ err: error, kind }, 'a queue worker is in trouble; the sweep stands in')))
    return worker
  })
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close().catch(() => undefined)))
    },
  }
}
