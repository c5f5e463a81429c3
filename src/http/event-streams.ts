import type { FastifyReply, FastifyRequest } from 'fastify'

export const wantsEventStream = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('text/event-stream') === true

/** The open event streams of a server: a draining server ends them, and their clients reconnect to another one. */
export interface EventStreams {
  /** Notes the reply if it will be an event stream. */
  track(request: FastifyRequest, reply: FastifyReply): void
  endAll(): void
}

export function createEventStreams(): EventStreams {
  const open = new Set<FastifyReply['raw']>()
  return {
    track(request, reply) {
      if (!wantsEventStream(request)) return
      open.add(reply.raw)
      reply.raw.once('close', () => open.delete(reply.raw))
    },
    endAll() {
      for (const stream of open) stream.end()
    },
  }
}
