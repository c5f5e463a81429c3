import { TRPCError } from '@trpc/server'
import {
  fastifyTRPCPlugin,
  type CreateFastifyContextOptions,
  type FastifyTRPCPluginOptions,
} from '@trpc/server/adapters/fastify'
import type { FastifyInstance } from 'fastify'
import type { App, AppRouter } from '#app'
import { AppError } from '#errors'
import type { Context, Session } from '#rpc'

/** tRPC at /trpc. */

/** Calls in one batch. */
const batchMax = 10
const cookieDays = 30

export async function registerRpc(server: FastifyInstance, app: App): Promise<void> {
  const { config } = app.services
  await server.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: app.router,
      createContext: (options) => createContext(app, options),
      allowMethodOverride: true,
      maxBatchSize: batchMax,
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>)

  // A browser sends our cookies with other sites' requests too: what changes something must come from a page we know.
  server.addHook('onRequest', async (request) => {
    const { origin } = request.headers
    if (request.method === 'GET' || origin === undefined || !request.url.startsWith('/trpc')) return
    const isOwn = URL.canParse(origin) && new URL(origin).host === request.host
    if (!isOwn && !config.CORS_ORIGINS.includes(origin))
      throw new AppError('forbidden', { message: 'Requests from this origin are not allowed.' })
  })
}

function createContext(app: App, { req, res, info }: CreateFastifyContextOptions): Context {
  const { config, log } = app.services
  if (info.isBatchCall && info.calls.some(({ path }) => path === 'order.place')) {
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'order.place',
      cause: new AppError('bad_input', { message: 'order.place does not travel in a batch. Send it alone.' }),
    })
  }
  const bearer = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  const sessionToken = bearer ?? req.cookies['hf_session']
  let session: Promise<Session | null> | undefined

  return {
    requestId: req.id,
    address: req.ip,
    log,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    sessionToken,
    session: () => (session ??= findSession(app, { sessionToken, isBearer: bearer !== undefined })),
    orderToken(orderId) {
      const header = req.headers['x-order-token']
      return typeof header === 'string' ? header : req.cookies[`hf_order-${orderId}`]
    },
    setCookie(cookie, value) {
      // A stream has sent its headers when its procedure runs.
      if (res.raw.headersSent) return
      const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: config.COOKIE_SECURE } as const
      if (value === null) res.clearCookie(`hf_${cookie}`, options)
      else
        res.setCookie(`hf_${cookie}`, value, {
          ...options,
          maxAge: (cookie === 'session' ? config.SESSION_DAYS : cookieDays) * 86_400,
        })
    },
  }
}

/** A browser whose cookie has expired goes on as a guest; a program that sends a token is told that it is void. */
async function findSession(
  app: App,
  { sessionToken, isBearer }: { sessionToken: string | undefined; isBearer: boolean },
): Promise<Session | null> {
  if (sessionToken === undefined) return null
  const session = await app.authenticate(sessionToken)
  if (session === null && isBearer)
    throw new AppError('unauthenticated', { message: 'The session has expired or was ended. Log in again.' })
  return session
}
