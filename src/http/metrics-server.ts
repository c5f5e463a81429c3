import Fastify from 'fastify'
import { BootError } from '#errors'
import { metricsContentType } from '#telemetry'
import { registerHealth, type Readiness } from './health.ts'

export interface MetricsServerOptions {
  port: number
  host: string
  text(): Promise<string>
  /** Set for a process without an HTTP server: `/livez` and `/readyz` are then served here. */
  health?: Readiness
}

/** Serves `/metrics` on a separate port, which no load balancer forwards. @throws BootError when the port is taken */
export async function startMetricsServer({ port, host, text, health }: MetricsServerOptions): Promise<void> {
  const server = Fastify({ requestTimeout: 10_000 })
  if (health !== undefined) registerHealth(server, health)
  server.get('/metrics', async (_, reply) => reply.type(metricsContentType).send(await text()))
  await server.listen({ port, host }).catch((error: unknown) => {
    throw new BootError(
      `METRICS_PORT ${port} cannot be used on METRICS_HOST ${host}. Choose another port or an address of this machine, or unset METRICS_PORT.`,
      { cause: error },
    )
  })
  server.server.unref()
}
