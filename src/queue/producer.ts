import { metrics } from '#telemetry'
import { openQueue, type QueueOptions } from './backend.ts'
import { throttle } from '#lib/throttle'
import { within } from './within.ts'

/** Tells the workers who has mail, after the commit that sent it. */
export interface WakeUpProducer {
  /** Never throws and never waits: a wake-up that is lost costs the second until the sweep finds the mail. */
  wake(woken: readonly { kind: string; id: string }[]): void
  /** @throws when the queue does not answer within 2 s */
  inspect(kind: string): Promise<QueueState>
  close(): Promise<void>
}

export interface QueueState {
  waiting: number
  active: number
  /** The wake-up that waits longest. */
  head: string | undefined
}

/** Actors in one wake-up; more are spread over several, so that several workers share them. */
const idsMax = 16
/** Wake-ups on their way to the queue; beyond it they are left to the sweep. */
const pendingMax = 1_000

export function createWakeUpProducer(options: QueueOptions, kinds: readonly string[]): WakeUpProducer {
  const { log } = options
  const queues = new Map<string, ReturnType<typeof openQueue>>()
  const pending = new Set<Promise<unknown>>()
  const reportTrouble = throttle(log, 'the queue is in trouble; the sweep stands in')
  const reportFull = throttle(
    log,
    'Redis is full and takes no wake-ups; mail waits in Postgres and the sweep stands in. Raise maxmemory, or find who fills it',
  )
  // Redis: beforehand, since a call does not wait for its connection. Postgres: at first use, when its tables are there.
  if (options.redisUrl !== undefined) for (const kind of kinds) open(kind)

  function open(kind: string): ReturnType<typeof openQueue> {
    const opened = openQueue(kind, options)
    opened.queue.on('error', reportTrouble)
    queues.set(kind, opened)
    return opened
  }

  const opened = (kind: string): ReturnType<typeof openQueue> => queues.get(kind) ?? open(kind)

  function add(kind: string, ids: string[]): void {
    if (!kinds.includes(kind) || pending.size >= pendingMax) {
      metrics.wakeUps.inc({ outcome: 'left_to_sweep' })
      return
    }
    const side = opened(kind)
    const added: Promise<unknown> = side.queue
      .add('wake', { ids })
      .then(
        () => {
          metrics.wakeUps.inc({ outcome: 'sent' })
          metrics.queueFull.set(0)
        },
        (error: unknown) => {
          metrics.wakeUps.inc({ outcome: 'lost' })
          if (error instanceof Error && error.message.startsWith('OOM')) {
            metrics.queueFull.set(1)
            reportFull(error)
          }
          replace(kind, side)
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

  async function lookAt(queue: ReturnType<typeof openQueue>['queue']): Promise<QueueState> {
    const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active')
    // On Postgres BullMQ 6.7 counts from the newest, on Redis from the oldest.
    const place = options.redisUrl === undefined ? Math.max(0, waiting - 1) : 0
    const [first] = await queue.getJobs(['waiting'], place, place, true)
    // A queue that was emptied gives its ids again.
    return { waiting, active, head: first === undefined ? undefined : `${first.id} ${first.timestamp}` }
  }

  async function look(kind: string): Promise<QueueState> {
    const side = opened(kind)
    try {
      return await within(2_000, lookAt(side.queue))
    } catch (error) {
      replace(kind, side)
      throw error
    }
  }

  return {
    wake(woken) {
      for (const [kind, rows] of Map.groupBy(woken, (one) => one.kind)) {
        const ids = [...new Set(rows.map(({ id }) => id))]
        for (let start = 0; start < ids.length; start += idsMax) add(kind, ids.slice(start, start + idsMax))
      }
    },
    inspect: look,
    async close() {
      await within(1_000, Promise.all(pending)).catch(() => undefined)
      await Promise.all([...queues.values()].map(({ close }) => close()))
    },
  }
}
