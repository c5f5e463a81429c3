import { setTimeout as delay } from 'node:timers/promises'
import type { HttpServer } from '#http'
import type { Shop } from './boot.ts'
import { onSecondRequest, stopRequested } from './signals.ts'
import type { Worker } from './worker.ts'

/** What a process of the shop can be: web, worker, or both at once. */
export interface Running {
  shop: Shop
  http?: HttpServer
  worker?: Worker
  /** Whatever else ends with it, such as the sandbox provider. */
  alsoStop?(): Promise<void>
}

export interface StopOptions {
  shutdownMs: number
  tell(line: string): void
  /** Something starts this process again: it ends by itself when its worker cannot be helped. */
  isSupervised?: boolean
}

/** Kept of the time that a stop may take, for closing what is left once effects have ended or were left behind, ms. */
const closingMs = 3_000

/**
 * Waits for a signal to stop, then ends everything in order: readiness false and no more claims, wait for the balancer
 * to notice, close HTTP, let turns and effects finish, close pools. Effects that do not finish in time are left to the
 * next worker, which takes them up when their leases have run out. A second signal, or the deadline, ends it at once;
 * that loses nothing.
 */
export async function runUntilStopped(running: Running, options: StopOptions): Promise<never> {
  const { shop, http, worker, alsoStop } = running
  const { shutdownMs, tell } = options
  const { app, config, log } = shop
  const givenUp = options.isSupervised === true ? worker?.givenUp.then(() => undefined) : undefined
  const reason = await (givenUp === undefined ? stopRequested() : Promise.race([stopRequested(), givenUp]))
  tell('Stopping ...')
  if (reason === undefined)
    log.fatal('a queue worker stays deaf; this process ends with code 1 so that its supervisor starts it again')
  else log.info({ reason }, 'draining')
  const settleBy = performance.now() + config.DRAIN_MS + Math.max(shutdownMs / 2, shutdownMs - closingMs)
  const deadline = setTimeout(() => {
    log.warn('the stop took too long and is cut short; what was under way is taken up again')
    process.exit(1)
  }, config.DRAIN_MS + shutdownMs)
  onSecondRequest(() => process.exit(1))
  http?.drain()
  await Promise.all([worker?.stop(), http === undefined ? undefined : delay(config.DRAIN_MS)])
  await http?.close()
  if (!(await app.settle(Math.max(0, settleBy - performance.now()))))
    log.warn('effects that do not end are left behind; another worker takes them up when their leases have run out')
  await shop.close()
  await alsoStop?.()
  clearTimeout(deadline)
  tell('Stopped.')
  process.exit(reason === undefined ? 1 : 0)
}
