import { setTimeout as delay } from 'node:timers/promises'
import type { HttpServer } from '#http'
import type { Shop } from './boot.ts'
import type { Worker } from './message-worker.ts'
import { onSecondRequest, stopRequested } from './signals.ts'

/** The parts of a process: web, worker, or both. */
export interface ProcessParts {
  shop: Shop
  http?: HttpServer
  worker?: Worker
  /** Exports the last telemetry, within a bound. */
  stopTelemetry?(): Promise<void>
  /** Stops whatever else belongs to the process, such as the sandbox provider. */
  stopOthers?(): Promise<void>
}

export interface ShutdownOptions {
  shutdownMs: number
  print(line: string): void
  /** A supervisor restarts this process: it exits by itself when its worker is given up. */
  isSupervised?: boolean
}

/** Share of the shutdown deadline that is reserved for closing resources after effects have drained, ms. */
const closingMs = 3_000

/**
 * Graceful shutdown on the first signal: readiness turns false and the worker stops claiming, the balancer gets time to
 * notice, HTTP closes, turns and effects drain, pools close. Unfinished effects are left to another worker, which takes
 * them up when their leases expire. A second signal, or the deadline, ends the process immediately; nothing is lost.
 */
export async function runUntilStopped(parts: ProcessParts, options: ShutdownOptions): Promise<never> {
  const { shop, http, worker, stopOthers } = parts
  const { shutdownMs, print } = options
  const { app, config, log } = shop
  const givenUp = options.isSupervised === true ? worker?.givenUp.then(() => undefined) : undefined
  const reason = await (givenUp === undefined ? stopRequested() : Promise.race([stopRequested(), givenUp]))
  print('Stopping ...')
  if (reason === undefined)
    log.fatal('a queue consumer stays stalled; this process exits with code 1 so that its supervisor starts it again')
  else log.info({ reason }, 'draining')
  const drainBy = performance.now() + config.DRAIN_MS + Math.max(shutdownMs / 2, shutdownMs - closingMs)
  const deadline = setTimeout(() => {
    log.warn('shutdown exceeded its deadline and was cut short; unfinished work is taken up again')
    process.exit(1)
  }, config.DRAIN_MS + shutdownMs)
  onSecondRequest(() => process.exit(1))
  http?.drain()
  await Promise.all([worker?.stop(), http === undefined ? undefined : delay(config.DRAIN_MS)])
  await http?.close()
  if (!(await app.drain(Math.max(0, drainBy - performance.now()))))
    log.warn('effects did not finish in time; another worker takes them up when their leases expire')
  await shop.close()
  await parts.stopTelemetry?.()
  await stopOthers?.()
  clearTimeout(deadline)
  print('Stopped.')
  process.exit(reason === undefined ? 1 : 0)
}
