import { rejectAfter, settledWithin } from '#lib/deadline'
import { throttledWarning } from '#lib/throttle'
import { metrics } from '#telemetry'
import { openQueue, type QueueConnection, type QueueOptions } from './backend.ts'

/** Publishes wake-ups for actors that have messages, after the commit that stored them. */
export interface WakeUpProducer {
  /** Never throws and never waits: a lost wake-up delays its message by the second until the sweep finds it. */
  wake(actors: readonly { kind: string; id: string }[]): void
  /** @throws when the queue does not respond within 2 s */
  inspect(kind: string): Promise<QueueState>
  close(): Promise<void>
}

export interface QueueState {
  waiting: number
  active: number
  /** Identifies the wake-up that waits longest; undefined when none waits. */
  oldestWaiting: string | undefined
}

/** Actors in one wake-up; more are split into several wake-ups, which several workers share. */
const idsMax = 16
/** Wake-ups being published; beyond it they are left to the sweep. */
const pendingMax = 1_000

export function createWakeUpProducer(options: QueueOptions, kinds: readonly string[]): WakeUpProducer {
  const { log } = options
  const connections = new Map<string, QueueConnection>()
  const pending = new Set<Promise<unknown>>()
  const reportFailure = throttledWarning(log, 'the queue failed; meanwhile the sweep finds messages')
  const reportFull = throttledWarning(
    log,
    'Redis is full and rejects wake-ups; messages wait in Postgres for the sweep. Raise maxmemory, or find what fills Redis',
  )
  // Redis is connected beforehand, since a call does not wait for its connection. Postgres is connected at first use,
  // when BullMQ's tables exist.
  if (options.redisUrl !== undefined) for (const kind of kinds) open(kind)

  function open(kind: string): QueueConnection {
    const connection = openQueue(kind, options)
    connection.queue.on('error', reportFailure)
    connections.set(kind, connection)
    return connection
  }

  const connectionOf = (kind: string): QueueConnection => connections.get(kind) ?? open(kind)

  function add(kind: string, ids: string[]): void {
    if (!kinds.includes(kind) || pending.size >= pendingMax) {
      metrics.wakeUps.inc({ outcome: 'left_to_sweep' })
      return
    }
    const connection = connectionOf(kind)
    const added: Promise<unknown> = connection.queue
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
          discard(kind, connection)
        },
      )
      .finally(() => pending.delete(added))
    pending.add(added)
  }

  /** Discards a failed queue on Postgres, so that the next call opens another: BullMQ 6.7 keeps the failure of its first connection. */
  function discard(kind: string, failed: QueueConnection): void {
    if (options.redisUrl !== undefined || connections.get(kind) !== failed) return
    connections.delete(kind)
    void failed.close()
  }

  async function readState({ queue }: QueueConnection): Promise<QueueState> {
    const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active')
    // BullMQ 6.7 counts jobs from the newest on Postgres, and from the oldest on Redis.
    const index = options.redisUrl === undefined ? Math.max(0, waiting - 1) : 0
    const [oldest] = await queue.getJobs(['waiting'], index, index, true)
    // A queue that was emptied assigns its ids again, so that the id alone is not unique.
    return { waiting, active, oldestWaiting: oldest === undefined ? undefined : `${oldest.id} ${oldest.timestamp}` }
  }

  return {
    wake(actors) {
      for (const [kind, rows] of Map.groupBy(actors, (actor) => actor.kind)) {
        const ids = [...new Set(rows.map(({ id }) => id))]
        for (let start = 0; start < ids.length; start += idsMax) add(kind, ids.slice(start, start + idsMax))
      }
    },
    async inspect(kind) {
      const connection = connectionOf(kind)
      try {
        return await rejectAfter(2_000, readState(connection))
      } catch (error) {
        discard(kind, connection)
        throw error
      }
    },
    async close() {
      await settledWithin(1_000, Promise.all(pending)).catch(() => undefined)
      await Promise.all([...connections.values()].map(({ close }) => close()))
    },
  }
}
