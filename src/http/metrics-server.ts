import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { BootError } from '#errors'
import { metricsContentType } from '#telemetry'

/** `/metrics`, on a port of its own that no balancer forwards. @throws BootError when the port is taken */
export async function startMetricsServer(options: {
  port: number
  host: string
  text(): Promise<string>
}): Promise<{ close(): void }> {
  const server: Server = createServer((request, response) => {
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
