import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { BootError } from '#errors'
import { metricsContentType } from '#telemetry'
import type { Readiness } from './health.ts'

export interface MetricsServerOptions {
  port: number
  host: string
  text(): Promise<string>
  /** Of a process without web: `/livez` and `/readyz` are answered here. */
  health?: Readiness
}

/** `/metrics`, on a port of its own that no balancer forwards. @throws BootError when the port is taken */
export async function startMetricsServer(options: MetricsServerOptions): Promise<{ close(): void }> {
  const { health } = options
  const server: Server = createServer((request, response) => {
    const tell = (is: boolean, body: Record<string, boolean>): void =>
      void response.writeHead(is ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (health !== undefined && request.url === '/livez') return tell(health.isAlive(), { alive: health.isAlive() })
    if (health !== undefined && request.url === '/readyz') return tell(health.isReady, { ready: health.isReady })
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    options.text().then(
      (text) => response.writeHead(200, { 'content-type': metricsContentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(options.port, options.host)
  await once(server, 'listening').catch((error: unknown) => {
    throw new BootError(`METRICS_PORT ${options.port} cannot be used. Choose another one, or unset it.`, {
      cause: error,
    })
  })
  server.unref()
  return { close: () => void server.close() }
}
