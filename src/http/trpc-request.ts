import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#app'
import { AppError } from '#errors'
import { callCount, executeBatch, isBatch } from './batch-execution.ts'
import { openCache, serveFromCache } from './cached-response.ts'
import { sendCallError } from './call-error.ts'
import { decodeBody } from './call-input.ts'
import { executeDirectly } from './direct-execution.ts'
import { wantsEventStream, type EventStreams } from './event-streams.ts'
import type { CallClass, LoadShedder } from './load-shedding.ts'
import { classOf, procedureAt, recogniseCall } from './procedure-call.ts'
import { rejectForeignOrigin, rejectUnreadable } from './rejection.ts'
import { createContext } from './request-context.ts'
import { sendError } from './send-error.ts'
import { executeByAdapter } from './trpc-adapter.ts'
import { createUrlCache } from './url-cache.ts'

/**
 * The steps of a tRPC request, in order. A step that replies is the last one.
 *
 * 1. A known URL is served from the URL cache, before the other hooks run   url-cache.ts
 * 2. An unreadable request or one from a foreign origin is rejected         rejection.ts, call-input.ts
 * 3. A single JSON call is recognised; steps 4 to 6 for each call of a batch  procedure-call.ts, batch-execution.ts
 * 4. A public query is served from the response cache                       cached-response.ts
 * 5. Load shedding admits the call or replies 503                           load-shedding.ts
 * 6. A recognised call is executed directly                                 direct-execution.ts
 * 7. A stream or a wrong method is handed to tRPC's adapter                 trpc-adapter.ts
 */
export interface TrpcRequests {
  /** Step 1. To be called before the hooks that it saves. */
  serveKnownUrls(server: FastifyInstance): void
  /** Steps 2 to 7, at `/trpc`. */
  registerRoutes(server: FastifyInstance): Promise<void>
  close(): Promise<void>
}

export interface TrpcRequestsOptions {
  app: App
  loadShedder: LoadShedder
  streams: EventStreams
}

export function createTrpcRequests({ app, loadShedder, streams }: TrpcRequestsOptions): TrpcRequests {
  const { router } = app
  const { config } = app.services
  const cache = openCache(app)
  const urlCache = cache && createUrlCache(cache)
  const variesByOrigin = config.CORS_ORIGINS.length > 0

  /** Steps 3 to 7. */
  async function serve(request: FastifyRequest<{ Params: { path: string } }>, reply: FastifyReply): Promise<void> {
    const { path } = request.params
    const ctx = () => createContext(app, { request, reply })
    // Step 3
    const call = recogniseCall(router, request)
    const isExecuted = request.method !== 'HEAD'
    if (call === undefined && isExecuted && isBatch(request))
      return executeBatch(request, reply, { router, path, ctx, cache, loadShedder })
    const known = call ?? procedureAt(router, path)
    // The adapter would decode the name once more, and find a procedure of another class.
    if (known === undefined && isExecuted) {
      const notFound = new TRPCError({ code: 'NOT_FOUND' })
      return sendCallError(reply, notFound, { router, ctx, call: { path, type: 'unknown' } })
    }
    // Step 4
    if (call !== undefined && cache !== undefined && urlCache !== undefined) {
      const options = { router, ctx, call, cache, urlCache, loadShedder, variesByOrigin }
      if (await serveFromCache(request, reply, options)) return
    }
    // Step 5
    await admit(
      reply,
      known === undefined ? 'checkout' : classOf(known),
      () =>
        call !== undefined
          ? executeDirectly(request, reply, { router, ctx, call }) // Step 6
          : executeByAdapter(request, reply, { router, path, ctx }), // Step 7
    )
  }

  async function admit(reply: FastifyReply, callClass: CallClass, execute: () => Promise<void>): Promise<void> {
    try {
      await loadShedder.admit(callClass, execute)
    } catch (error) {
      if (!(error instanceof TRPCError)) throw error
      await sendError(reply, 'unavailable')
    }
  }

  return {
    serveKnownUrls: (server) => urlCache?.serveFrom(server),

    async registerRoutes(server) {
      await server.register(
        async (scope) => {
          // JSON only: the forms and streams that tRPC would also accept have no body limit.
          scope.removeAllContentTypeParsers()
          scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
            decodeBody(body),
          )
          scope.addHook('onRequest', async (request, reply) => {
            reply.header('cache-control', 'no-store')
            rejectUnreadable(request)
            rejectForeignOrigin(request, config)
          })
          scope.all<{ Params: { path: string } }>('/:path', async (request, reply) => {
            if (!['GET', 'HEAD', 'POST'].includes(request.method)) throw new AppError('method_not_allowed')
            // An event stream lasts for minutes and costs nothing meanwhile: it does not count as a call under way.
            if (wantsEventStream(request)) {
              streams.open(request, reply)
              return serve(request, reply)
            }
            const finish = loadShedder.start(callCount(request, request.params.path))
            try {
              await serve(request, reply)
            } finally {
              finish()
            }
          })
        },
        { prefix: '/trpc' },
      )
    },

    async close() {
      await cache?.close()
    },
  }
}
