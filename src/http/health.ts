import type { FastifyInstance } from 'fastify'

export interface Readiness {
  /** Booted and not draining. Postgres and Redis do not count: a failure they share must not take out the whole fleet. */
  isReady: boolean
  isAlive(): boolean
}

/** `/livez`: a failure means that the process should be restarted. `/readyz`: a failure means that it should get no requests. */
export function registerHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get('/livez', (_, reply) => reply.status(readiness.isAlive() ? 200 : 503).send({ alive: readiness.isAlive() }))
  server.get('/readyz', (_, reply) => {
    if (!readiness.isReady) reply.header('connection', 'close')
    return reply.status(readiness.isReady ? 200 : 503).send({ ready: readiness.isReady })
  })
}
