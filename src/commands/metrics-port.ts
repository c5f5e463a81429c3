import type { Config } from '#config'
import { startMetricsServer, type Readiness } from '#http'

/** Serves `/metrics` on METRICS_PORT where it is set; with `health` also the health of a process without web. */
export async function serveMetrics(config: Config, text: () => Promise<string>, health?: Readiness): Promise<void> {
  const { METRICS_PORT: port, METRICS_HOST: host } = config
  if (port !== undefined) await startMetricsServer({ port, host, text, ...(health === undefined ? {} : { health }) })
}
