import { metrics } from '#telemetry'
import { openQueue, within, type QueueOptions } from './backend.ts'

/** Tells the workers who has mail, after the commit that sent it. */
export interface Waker {
  /** Never throws and never waits: a wake-up that is lost costs the second until the sweep finds the mail. */
  wake(woken: readonly { kind: string; id: string }[]): void
  close(): Promise<void>
}

/** Actors in one wake-up; more are spread over several, so that several workers share them. */
const idsMax = 16
/** Wake-ups on their way to the queue; beyond it they are left to the sweep. */
const pendingMax = 1_000

export function createWaker(options: QueueOptions, kinds: readonly string[]): Waker {
  const queues = new Map<string, ReturnType<typeof openQueue>>()
  const pending = new Set<Promise<unknown>>()
  // Redis: beforehand, since a call does not wait for its connection. Postgres: at first use, when its tables are there.
  if (options.redisUrl !== undefined) for (const kind of kinds) open(kind)

  function open(kind: string): ReturnType<typeof openQueue> {
    const opened = openQueue(kind, options)
    const report = (error: Error) =>
      options.log.warn({ err: error, kind }, 'the queue is in trouble; the sweep stands in')
    opened.queue.on('error', throttle(report))
    queues.set(kind, opened)
    return opened
  }

  function add(kind: string, ids: string[]): void {
    if (!kinds.includes(kind) || pending.size >= pendingMax) {
      metrics.wakeUps.inc({ outcome: 'left_to_sweep' })
      return
    }
    const opened = queues.get(kind) ?? open(kind)
    const added: Promise<unknown> = opened.queue
      .add('wake', { ids })
      .then(
        () => metrics.wakeUps.inc({ outcome: 'sent' }),
        () => {
          metrics.wakeUps.inc({ outcome: 'lost' })
          replace(kind, opened)
        },
      )
      .finally(() => pending.delete(added))
    pending.add(added)
  }

  /** A queue on Postgres whose first connection failed stays broken for good (BullMQ 6.7 keeps the failure). */
  function replace(kind: string, broken: ReturnType<typeof openQueue>): void {
    if (options.redisUrl !== undefined || queues.get(kind) !== broken) return
    queues.delete(kind)
    void broken.close()
  }

  return {
    wake(woken) {
      for (const [kind, rows] of Map.groupBy(woken, (one) => one.kind)) {
        const ids = [...new Set(rows.map(({ id }) => id))]
        for (let start = 0; start < ids.length; start += idsMax) add(kind, ids.slice(start, start + idsMax))
      }
    },
    async close() {
      await within(1_000, Promise.all(pending)).catch(() => undefined)
      await Promise.all([...queues.values()].map(({ close }) => close()))
    },
  }
}

/** Redis that is away reports an error at every attempt to connect: one line in ten seconds is enough. */
export function throttle(report: (error: Error) => void): (error: Error) => void {
  let silentUntil = 0
  return (error) => {
    if (Date.now() < silentUntil) return
    silentUntil = Date.now() + 10_000
    report(error)
  }
}
