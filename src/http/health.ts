import type { FastifyInstance } from 'fastify'

export interface Readiness {
  /** Booted and not draining. It does not depend on Postgres or Redis: one shared failure must not take out the whole fleet. */
  isReady: boolean
  isAlive(): boolean
}

/** `/livez`: restart me if this fails. `/readyz`: send me no requests while this fails. */
export function registerHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get('/livez', (_, reply) => reply.status(readiness.isAlive() ? 200 : 503).send({ alive: readiness.isAlive() }))
  server.get('/readyz', (_, reply) => {
    if (!readiness.isReady) reply.header('connection', 'close')
    return reply.status(readiness.isReady ? 200 : 503).send({ ready: readiness.isReady })
  })
}
