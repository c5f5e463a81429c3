import type { HttpServer } from '#http'
import { startWakeWorkers, type WakeWorkers } from '#queue'
import type { Shop } from './boot.ts'
import { onSecondRequest, stopRequested } from './signals.ts'

/** The two things a process of the shop can be, one or both at once. */

export interface Worker {
  isAlive(): boolean
  stop(): Promise<void>
}

/** A sweep that has not read the mailbox for so long (ms) tells that this process is stuck. Postgres being away does not count. */
const stuckAfterMs = 60_000

/** Takes wake-ups from the queue, and sweeps the mailbox for what they miss. */
export async function startWorker({ app, config, log }: Shop): Promise<Worker> {
  await app.schedule()
  const sweep = app.actors.startSweep()
  const workers: WakeWorkers = startWakeWorkers({
    ...app.queue,
    log,
    kinds: app.actors.kinds,
    concurrency: config.WORKER_CONCURRENCY,
    handle: (kind, ids) => app.actors.handle(kind, ids),
  })
  return {
    isAlive: () => Date.now() - sweep.lastAt() < stuckAfterMs,
    async stop() {
      await Promise.all([sweep.stop(), workers.close()])
    },
  }
}

export interface Running {
  shop: Shop
  http?: HttpServer
  worker?: Worker
  /** Whatever else ends with it, such as the sandbox provider. */
  alsoStop?(): Promise<void>
}

/**
 * Waits for a signal to stop, then ends everything in order: readiness false, wait for the balancer to notice, stop
 * claiming, close HTTP, let turns finish, close pools. A second signal, or the deadline, ends it at once; that loses nothing.
 */
export async function runUntilStopped(
  { shop, http, worker, alsoStop }: Running,
  { shutdownMs, tell }: { shutdownMs: number; tell(line: string): void },
): Promise<never> {
  const { config, log } = shop
  const reason = await stopRequested()
  tell('Stopping ...')
  log.info({ reason }, 'draining')
  const deadline = setTimeout(() => {
    log.warn('the stop took too long and is cut short; what was under way is taken up again')
    process.exit(1)
  }, config.DRAIN_MS + shutdownMs)
  onSecondRequest(() => process.exit(1))
  http?.drain()
  if (config.DRAIN_MS > 0) await new Promise((resolve) => setTimeout(resolve, config.DRAIN_MS))
  await worker?.stop()
  await http?.close()
  await shop.close()
  await alsoStop?.()
  clearTimeout(deadline)
  tell('Stopped.')
  process.exit(0)
}
