import { loadConfig } from '#config'
import { BootError } from '#errors'
import { collectProcessMetrics, metricsText } from '#telemetry'
import { openShop } from './boot.ts'
import { runUntilStopped } from './graceful-shutdown.ts'
import { startWorker } from './message-worker.ts'
import { serveMetrics } from './metrics-port.ts'
import { print } from './print.ts'
import { startTelemetry } from './telemetry.ts'

/** Runs the worker without web. Its health is served on the metrics port. */
export async function runWorker(): Promise<void> {
  if (loadConfig().READ_ONLY)
    throw new BootError('READ_ONLY is true, and a worker only writes. Start it when maintenance is over.')
  collectProcessMetrics()
  const shop = await openShop({ print })
  const stopTelemetry = await startTelemetry(shop.config, { log: shop.log, role: 'worker' })
  const worker = await startWorker(shop)
  await serveMetrics(shop.config, metricsText, worker.health)
  print('The worker is ready.')
  await runUntilStopped(
    { shop, worker, stopTelemetry },
    { shutdownMs: shop.config.SHUTDOWN_MS, print, isSupervised: true },
  )
}
