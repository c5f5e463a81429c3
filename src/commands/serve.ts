import cluster from 'node:cluster'
import { startHttpServer } from '#http'
import { collectProcessMetrics, metricsText, shareMetrics } from '#telemetry'
import { openShop } from './boot.ts'
import { runUntilStopped } from './graceful-shutdown.ts'
import { sendHeartbeats } from './heartbeat.ts'
import { serveMetrics } from './metrics-port.ts'
import { print } from './print.ts'
import { supervise } from './supervisor.ts'
import { startTelemetry } from './telemetry.ts'

/** Serves web without a worker, behind a balancer. Several processes share one port under a supervisor. */
export async function serve({ processes }: { processes: number }): Promise<void> {
  if (processes > 1 && cluster.isPrimary) return supervise(processes)
  collectProcessMetrics()
  const shop = await openShop({ print })
  const stopTelemetry = await startTelemetry(shop.config, { log: shop.log, role: 'server' })
  const http = await startHttpServer({ app: shop.app, isAlive: () => true })
  if (!cluster.isWorker) {
    await serveMetrics(shop.config, metricsText)
    print(`The shop is ready at ${http.url}`)
  } else {
    shareMetrics()
    sendHeartbeats()
    process.send?.({ ready: http.url })
  }
  await runUntilStopped(
    { shop, http, stopTelemetry },
    { shutdownMs: shop.config.SHUTDOWN_MS, print: cluster.isWorker ? () => undefined : print },
  )
}
