import { metrics } from '#telemetry'
import { openWorker, type QueueOptions } from './backend.ts'
import { throttle } from '#lib/throttle'
import type { WakeUpProducer } from './producer.ts'
import { createStallDetector } from './stall-detector.ts'

/** Takes wake-ups and lets the actors they name handle their mail. */
export interface WakeUpConsumers {
  /** False while a worker stays deaf however often it was opened anew: the process is to be started again. */
  isAlive(): boolean
  /** Resolves when that is found out for the first time. */
  readonly givenUp: Promise<void>
  /** Takes no more, and waits for nothing that is under way. */
  close(): Promise<void>
}

export interface WakeUpConsumersOptions extends QueueOptions {
  kinds: readonly string[]
  /** Wake-ups of one kind under way at once. */
  concurrency: number
  handle(kind: string, ids: readonly string[]): Promise<void>
  /** Whose connections the watchdog looks through: a deaf worker's own tell nothing. */
  waker: WakeUpProducer
  /** How long wake-ups may wait for a worker with room before it is opened anew, ms; twice as long the next time. */
  stallMs: number
}

const vigil = { looksMax: 3, reopensMax: 2 }
/** Rest before a worker that has failed is opened anew, ms. */
const replaceAfterMs = 1_000

export function startWakeUpConsumers(options: WakeUpConsumersOptions): WakeUpConsumers {
  const closing = Promise.withResolvers<void>()
  const givenUp = Promise.withResolvers<void>()
  const stations = options.kinds.map((kind) => openConsumer(kind, options, closing.promise))
  const watch = setInterval(() => {
    for (const station of stations) {
      void station.look().then(() => {
        if (station.isDeaf()) givenUp.resolve()
      })
    }
  }, options.stallMs / vigil.looksMax)
  return {
    isAlive: () => !stations.some((station) => station.isDeaf()),
    givenUp: givenUp.promise,
    async close() {
      clearInterval(watch)
      closing.resolve()
      await Promise.all(stations.map((station) => station.close()))
    },
  }
}

/** The worker of one kind, and who watches it. */
interface Consumer {
  look(): Promise<void>
  isDeaf(): boolean
  close(): Promise<void>
}

function openConsumer(kind: string, options: WakeUpConsumersOptions, closing: Promise<void>): Consumer {
  const { log, waker } = options
  const judge = createStallDetector(vigil)
  const reportTrouble = throttle(log, 'a queue worker is in trouble; the sweep stands in')
  const reportRefusal = throttle(log, 'Redis refuses to write; wake-ups wait until it does, and the sweep stands in')
  let taken = 0
  let refused = 0
  let running = 0
  let isClosed = false
  let isLooking = false
  /** Closed since it has failed; another is opened soon. */
  let broken: ReturnType<typeof open> | undefined
  /** What it had taken when it was given up. */
  let givenUpAt: number | undefined
  let progressAt = performance.now()
  let opened = open()

  function open() {
    const side = openWorker(
      kind,
      {
        ...options,
        refused(error) {
          refused += 1
          reportRefusal(error)
        },
      },
      ({ data: { ids } }) => take(ids),
    )
    const fail = (error: Error) => {
      if (isClosed || opened !== side) return
      reportTrouble(error)
      if (options.redisUrl === undefined) replace(side)
    }
    side.worker.on('error', fail)
    side.worker.waitUntilReady().catch(fail)
    return side
  }

  /**
   * A worker on Postgres that has failed does not mend: BullMQ 6.7 keeps the failure of its first connection, and asks
   * again without a rest, which would take the whole process. On Redis it mends by itself.
   */
  function replace(failed: typeof opened): void {
    if (failed === broken) return
    broken = failed
    void failed.close({ isHard: true })
    setTimeout(() => {
      if (opened === failed && !isClosed) opened = open()
    }, replaceAfterMs).unref()
  }

  async function take(ids: unknown): Promise<void> {
    // What comes while closing is dropped: the sweep of another process finds its mail.
    if (isClosed || !Array.isArray(ids)) return
    const known = ids.filter((id) => typeof id === 'string')
    taken += 1
    running += 1
    progressAt = performance.now()
    const handled = options.handle(kind, known).finally(() => (running -= 1))
    await Promise.race([handled, closing])
  }

  function reopen(): void {
    metrics.queueReopened.inc({ kind })
    log.error({ kind }, 'a queue worker takes none of the wake-ups that wait for it; opening it anew')
    // What it has under way goes on; its jobs end with the new worker's next look for stalled ones.
    void opened.close({ isHard: true })
    opened = open()
  }

  return {
    isDeaf: () => givenUpAt === taken,
    async look() {
      if (isLooking) return
      isLooking = true
      const seen = await waker.inspect(kind).catch(() => null)
      isLooking = false
      if (isClosed) return
      if (seen !== null) {
        metrics.queueJobs.set({ kind, state: 'waiting' }, seen.waiting)
        metrics.queueJobs.set({ kind, state: 'active' }, seen.active)
        if (seen.head === undefined) progressAt = performance.now()
      }
      metrics.queueProgressSeconds.set({ kind }, (performance.now() - progressAt) / 1000)
      const look = { head: seen === null ? null : seen.head, taken, refused, isFull: running >= options.concurrency }
      const verdict = judge(look)
      if (verdict === 'reopen') reopen()
      if (verdict === 'hopeless') givenUpAt = taken
    },
    close() {
      isClosed = true
      return opened.close()
    },
  }
}
