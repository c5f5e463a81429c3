import type { Readiness } from '#http'
import { startWakeUpConsumers } from '#queue'
import type { Shop } from './boot.ts'
import { watchLiveness } from './liveness.ts'

/** The message worker of this process. */
export interface Worker {
  readonly health: Readiness
  /** Resolves when a queue consumer stays stalled: the process is to exit, so that its supervisor starts it again. */
  readonly givenUp: Promise<void>
  /** Claims nothing more, and does not wait for work in progress. */
  stop(): Promise<void>
}

/** Consumes wake-ups from the queue, and sweeps the mailbox for messages whose wake-up was lost. */
export async function startWorker({ app, config, log }: Shop): Promise<Worker> {
  await app.schedule()
  const sweep = app.actors.startSweep()
  const liveness = watchLiveness({ database: app.services.database, sweep })
  const consumers = startWakeUpConsumers({
    ...app.queue,
    log,
    kinds: app.actors.kinds,
    concurrency: config.WORKER_CONCURRENCY,
    producer: app.wakeUpProducer,
    stallMs: config.QUEUE_STALL_MS,
    handle: (kind, ids) => app.actors.handle(kind, ids),
  })
  const health: Readiness = { isReady: true, isAlive: () => liveness.isSweeping() && consumers.isAlive() }
  return {
    health,
    givenUp: consumers.givenUp,
    async stop() {
      health.isReady = false
      liveness.stop()
      await Promise.all([sweep.stop(), consumers.close()])
    },
  }
}
