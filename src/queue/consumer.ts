import { throttledWarning } from '#lib/throttle'
import { metrics } from '#telemetry'
import { openWorker, type QueueOptions, type WorkerConnection } from './backend.ts'
import type { WakeUpProducer } from './producer.ts'
import { createStallDetector } from './stall-detector.ts'

/** Consumers of wake-ups, one for each kind of actor. */
export interface WakeUpConsumers {
  /** False while a consumer stays stalled after its last reopening: the process is to be restarted. */
  isAlive(): boolean
  /** Resolves when a consumer is given up for the first time. */
  readonly givenUp: Promise<void>
  /** Consumes nothing more, and does not wait for wake-ups in progress. */
  close(): Promise<void>
}

export interface WakeUpConsumersOptions extends QueueOptions {
  kinds: readonly string[]
  /** Wake-ups of one kind handled concurrently. */
  concurrency: number
  handle(kind: string, ids: readonly string[]): Promise<void>
  /** Observes the queues: the connections of a stalled consumer show nothing. */
  producer: WakeUpProducer
  /** Longest wait of a wake-up for a consumer with capacity, ms, before it is reopened; doubled after each reopening. */
  stallMs: number
}

const stallLimits = { observationsMax: 3, reopensMax: 2 }
/** Pause before a failed consumer is reopened, ms. */
const replaceAfterMs = 1_000

export function startWakeUpConsumers(options: WakeUpConsumersOptions): WakeUpConsumers {
  const closing = Promise.withResolvers<void>()
  const givenUp = Promise.withResolvers<void>()
  const consumers = options.kinds.map((kind) => openConsumer(kind, options, closing.promise))
  const timer = setInterval(() => {
    for (const consumer of consumers) {
      void consumer.observe().then(() => {
        if (consumer.isGivenUp()) givenUp.resolve()
      })
    }
  }, options.stallMs / stallLimits.observationsMax)
  return {
    isAlive: () => !consumers.some((consumer) => consumer.isGivenUp()),
    givenUp: givenUp.promise,
    async close() {
      clearInterval(timer)
      closing.resolve()
      await Promise.all(consumers.map((consumer) => consumer.close()))
    },
  }
}

/** The BullMQ worker of one kind with its stall detector. */
interface Consumer {
  /** Updates metrics, and reopens or gives up a stalled worker. */
  observe(): Promise<void>
  isGivenUp(): boolean
  close(): Promise<void>
}

function openConsumer(kind: string, options: WakeUpConsumersOptions, closing: Promise<void>): Consumer {
  const { log, producer } = options
  const detectStall = createStallDetector(stallLimits)
  const reportFailure = throttledWarning(log, 'a queue consumer failed; meanwhile the sweep finds its messages')
  const reportRejection = throttledWarning(
    log,
    'Redis rejects writes; wake-ups wait until it accepts them, and meanwhile the sweep finds messages',
  )
  let consumed = 0
  let writesRejected = 0
  let running = 0
  let isClosed = false
  let isObserving = false
  /** A failed connection that was closed; its replacement opens after a pause. */
  let replaced: WorkerConnection | undefined
  /** Value of `consumed` when the consumer was given up. */
  let givenUpAt: number | undefined
  let progressAt = performance.now()
  let current = open()

  function open(): WorkerConnection {
    const connection = openWorker(
      kind,
      {
        ...options,
        onWriteRejected(error) {
          writesRejected += 1
          reportRejection(error)
        },
      },
      ({ data: { ids } }) => consume(ids),
    )
    const fail = (error: Error) => {
      if (isClosed || current !== connection) return
      reportFailure(error)
      if (options.redisUrl === undefined) replace(connection)
    }
    connection.worker.on('error', fail)
    connection.worker.waitUntilReady().catch(fail)
    return connection
  }

  /**
   * Replaces a failed worker on Postgres, which never recovers: BullMQ 6.7 keeps the failure of its first connection and
   * retries without a pause, at 100 % of a core. A worker on Redis recovers by itself.
   */
  function replace(failed: WorkerConnection): void {
    if (failed === replaced) return
    replaced = failed
    void failed.close({ isForced: true })
    setTimeout(() => {
      if (current === failed && !isClosed) current = open()
    }, replaceAfterMs).unref()
  }

  async function consume(ids: unknown): Promise<void> {
    // Wake-ups that arrive while closing are dropped: the sweep of another process finds their messages.
    if (isClosed || !Array.isArray(ids)) return
    const known = ids.filter((id) => typeof id === 'string')
    consumed += 1
    running += 1
    progressAt = performance.now()
    const handled = options.handle(kind, known).finally(() => (running -= 1))
    await Promise.race([handled, closing])
  }

  function reopen(): void {
    metrics.queueReopened.inc({ kind })
    log.error({ kind }, 'a queue consumer is stalled and takes none of the waiting wake-ups; reopening it')
    // Wake-ups in progress go on; the new worker's next check for stalled jobs removes their jobs.
    void current.close({ isForced: true })
    current = open()
  }

  return {
    isGivenUp: () => givenUpAt === consumed,
    async observe() {
      if (isObserving) return
      isObserving = true
      const state = await producer.inspect(kind).catch(() => null)
      isObserving = false
      if (isClosed) return
      if (state !== null) {
        metrics.queueJobs.set({ kind, state: 'waiting' }, state.waiting)
        metrics.queueJobs.set({ kind, state: 'active' }, state.active)
        if (state.oldestWaiting === undefined) progressAt = performance.now()
      }
      metrics.queueProgressSeconds.set({ kind }, (performance.now() - progressAt) / 1000)
      const verdict = detectStall({
        oldestWaiting: state === null ? null : state.oldestWaiting,
        consumed,
        writesRejected,
        isFull: running >= options.concurrency,
      })
      if (verdict === 'reopen') reopen()
      if (verdict === 'give_up') givenUpAt = consumed
    },
    close() {
      isClosed = true
      return current.close()
    },
  }
}
