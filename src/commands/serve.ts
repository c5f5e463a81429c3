import cluster from 'node:cluster'
import { loadConfig, type Config } from '#config'
import { BootError } from '#errors'
import { startHttpServer, startMetricsServer, type Readiness } from '#http'
import { collectProcessMetrics, createLog, metricsText, shareMetrics } from '#telemetry'
import { sendHeartbeats, watchHeartbeats } from './heartbeat.ts'
import { openShop } from './boot.ts'
import { runUntilStopped } from './run.ts'
import { onSecondRequest, stopRequested } from './signals.ts'
import { print } from './print.ts'
import { startWorker } from './worker.ts'

/** Web, without worker: what stands behind the balancer. With more processes than one they share the port. */
export async function serve({ processes }: { processes: number }): Promise<void> {
  if (processes > 1 && cluster.isPrimary) return supervise(processes)
  collectProcessMetrics()
  const shop = await openShop({ tell: print })
  const http = await startHttpServer({ app: shop.app, isAlive: () => true })
  if (!cluster.isWorker) {
    await maybeServeMetrics(shop.config, metricsText)
    print(`The shop is ready at ${http.url}`)
  } else {
    shareMetrics()
    sendHeartbeats()
    process.send?.({ ready: http.url })
  }
  await runUntilStopped(
    { shop, http },
    { shutdownMs: shop.config.SHUTDOWN_MS, tell: cluster.isWorker ? () => undefined : print },
  )
}

/** Worker, without web: handles mail. Its health is told beside its metrics. */
export async function work(): Promise<void> {
  if (loadConfig().READ_ONLY)
    throw new BootError('READ_ONLY is true, and a worker does nothing but write: start it when maintenance is over.')
  collectProcessMetrics()
  const shop = await openShop({ tell: print })
  const worker = await startWorker(shop)
  await maybeServeMetrics(shop.config, metricsText, worker.health)
  print('The worker is ready.')
  await runUntilStopped({ shop, worker }, { shutdownMs: shop.config.SHUTDOWN_MS, tell: print, isSupervised: true })
}

async function maybeServeMetrics(config: Config, text: () => Promise<string>, health?: Readiness): Promise<void> {
  const { METRICS_PORT: port, HOST: host } = config
  if (port !== undefined) await startMetricsServer({ port, host, text, ...(health === undefined ? {} : { health }) })
}

/** Forks again what dies, but not in a tight circle. */
const restartAfterMs = 500

async function supervise(processes: number): Promise<void> {
  const config = loadConfig()
  const log = createLog(config.LOG_LEVEL, { part: 'supervisor' })
  let isStopping = false
  let isAnnounced = false
  cluster.setupPrimary({ serialization: 'json' })
  watchHeartbeats(cluster, log)

  const ready = new Set<number>()
  cluster.on('message', (child, message: unknown) => {
    if (typeof message !== 'object' || message === null || !('ready' in message)) return
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
      // It has said why: the others would fail alike.
      process.exitCode = 1
      stopAll()
      return
    }
    ready.delete(child.id)
    log.error({ child: child.process.pid, code, signal }, 'a process has died; starting another')
    setTimeout(() => {
      if (!isStopping) cluster.fork()
    }, restartAfterMs)
  })

  /** They drain together; each has its own deadline. */
  function stopAll(): void {
    isStopping = true
    for (const child of children()) child.process.kill('SIGTERM')
    if (children().length === 0) process.exit(process.exitCode ?? 0)
    setTimeout(() => process.exit(1), config.SHUTDOWN_MS + config.DRAIN_MS + 2_000).unref()
  }

  for (let n = 0; n < processes; n += 1) cluster.fork()

  await maybeServeMetrics(config, shareMetrics())
  await stopRequested()
  print('Stopping ...')
  onSecondRequest(() => process.exit(1))
  stopAll()
}
