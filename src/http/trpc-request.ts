import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#app'
import { AppError } from '#errors'
import { openCache, serveFromCache } from './cached-response.ts'
import { decodeBody } from './call-input.ts'
import { executeDirectly } from './direct-execution.ts'
import { wantsEventStream } from './event-streams.ts'
import type { CallClass, LoadShedder } from './load-shedding.ts'
import { callClassOf, recogniseCall } from './procedure-call.ts'
import { rejectForeignOrigin, rejectUnreadable } from './rejection.ts'
import { createContext } from './request-context.ts'
import { sendError } from './send-error.ts'
import { executeByAdapter } from './trpc-adapter.ts'
import { createUrlCache } from './url-cache.ts'

/**
 * The steps of a tRPC request, in order. A step that replies is the last one.
 *
 * 1. A known URL is served from the URL cache, before any other hook runs   url-cache.ts
 * 2. An unreadable request or one from a foreign origin is rejected         rejection.ts, call-input.ts
 * 3. A single JSON call is recognised; batches and streams are not          procedure-call.ts
 * 4. A public query is served from the response cache                       cached-response.ts
 * 5. Load shedding admits the call or replies 503                           load-shedding.ts
 * 6. A recognised call is executed directly                                 direct-execution.ts
 * 7. Every other request is handed to tRPC's adapter                        trpc-adapter.ts
 */
export interface TrpcRequests {
  /** Step 1. To be called before any other hook is added. */
  serveKnownUrls(server: FastifyInstance): void
  /** Steps 2 to 7, at `/trpc`. */
  registerRoutes(server: FastifyInstance): Promise<void>
  close(): Promise<void>
}

export interface TrpcRequestsOptions {
  app: App
  loadShedder: LoadShedder
}

export function createTrpcRequests({ app, loadShedder }: TrpcRequestsOptions): TrpcRequests {
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
    // Step 4
    if (call !== undefined && cache !== undefined && urlCache !== undefined) {
      const options = { router, ctx, call, cache, urlCache, loadShedder, variesByOrigin }
      if (await serveFromCache(request, reply, options)) return
    }
    // Step 5
    await admit(
      reply,
      callClassOf(router, path),
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
            if (wantsEventStream(request)) return serve(request, reply)
            const finish = loadShedder.start()
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
