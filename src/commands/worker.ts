import type { Readiness } from '#http'
import { startWakeUpConsumers } from '#queue'
import type { Shop } from './boot.ts'
import { watchLiveness } from './liveness.ts'

/** What handles mail in this process. */
export interface Worker {
  readonly health: Readiness
  /** Resolves when it can no longer be helped: the process is to end, so that its supervisor starts it again. */
  readonly givenUp: Promise<void>
  /** Claims no more, and waits for nothing that is under way. */
  stop(): Promise<void>
}

/** Takes wake-ups from the queue, and sweeps the mailbox for what they miss. */
export async function startWorker({ app, config, log }: Shop): Promise<Worker> {
  await app.schedule()
  const sweep = app.actors.startSweep()
  const vitals = watchLiveness({ database: app.services.database, sweep })
  const workers = startWakeUpConsumers({
    ...app.queue,
    log,
    kinds: app.actors.kinds,
    concurrency: config.WORKER_CONCURRENCY,
    waker: app.waker,
    stallMs: config.QUEUE_STALL_MS,
    handle: (kind, ids) => app.actors.handle(kind, ids),
  })
  const health: Readiness = { isReady: true, isAlive: () => vitals.isSweeping() && workers.isAlive() }
  return {
    health,
    givenUp: workers.givenUp,
    async stop() {
      health.isReady = false
      vitals.stop()
      await Promise.all([sweep.stop(), workers.close()])
    },
  }
}
