import cluster from 'node:cluster'
import { loadConfig } from '#config'
import { createLog, shareMetrics } from '#telemetry'
import { watchHeartbeats } from './heartbeat.ts'
import { serveMetrics } from './metrics-port.ts'
import { print } from './print.ts'
import { requireProductionSafety } from './production.ts'
import { onSecondRequest, stopRequested } from './signals.ts'

/** Pause before a process that exited is replaced, ms: a process that fails at start is not forked in a tight loop. */
const restartAfterMs = 500

/** Supervisor: forks identical processes on one port, and replaces those that exit or hang until a stop is requested. */
export async function supervise(processes: number): Promise<void> {
  const config = loadConfig()
  requireProductionSafety(config)
  const log = createLog(config.LOG_LEVEL, { part: 'supervisor' })
  let isStopping = false
  let isAnnounced = false
  let isFailed = false
  cluster.setupPrimary({ serialization: 'json' })
  watchHeartbeats(cluster, log)

  const ready = new Set<number>()
  cluster.on('message', (child, message: unknown) => {
    if (typeof message !== 'object' || message === null) return
    if ('bootError' in message && !isFailed) {
      isFailed = true
      process.stderr.write(`\n${String(message.bootError)}\n`)
    }
    if (!('ready' in message)) return
    ready.add(child.id)
    if (isAnnounced || ready.size < processes) return
    isAnnounced = true
    print(`The shop is ready at ${String(message.ready)} (${processes} processes)`)
  })
  const children = () => Object.values(cluster.workers ?? {}).filter((child) => child !== undefined)
  cluster.on('exit', (child, code, signal) => {
    if (isStopping) {
      if (children().length === 0) process.exit(process.exitCode ?? 0)
      return
    }
    if (!isAnnounced && code !== 0 && signal === null) {
      // A failed boot has reported its reason, and the other processes would fail in the same way.
      process.exitCode = 1
      stopAll()
      return
    }
    ready.delete(child.id)
    log.error({ child: child.process.pid, code, signal }, 'a process has exited; starting another')
    setTimeout(() => {
      if (!isStopping) cluster.fork()
    }, restartAfterMs)
  })

  /** Stops all children concurrently; each has its own deadline. */
  function stopAll(): void {
    isStopping = true
    for (const child of children()) child.process.kill('SIGTERM')
    if (children().length === 0) process.exit(process.exitCode ?? 0)
    setTimeout(() => process.exit(1), config.SHUTDOWN_MS + config.DRAIN_MS + 2_000).unref()
  }

  for (let n = 0; n < processes; n += 1) cluster.fork()

  await serveMetrics(config, shareMetrics())
  await stopRequested()
  print('Stopping ...')
  onSecondRequest(() => process.exit(1))
  stopAll()
}
