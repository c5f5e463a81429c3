import { TRPCError } from '@trpc/server'
import { fastifyRequestHandler, type CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import type { App } from '#app'
import type { Config } from '#config'
import { AppError } from '#errors'
import type { Context, Session } from '#rpc'
import type { AnswerCache } from '#cache'
import { metrics } from '#telemetry'
import { answerFromCache } from './cached-call.ts'
import { answerDirectly, answerError, directCall, isPublic } from './direct-call.ts'
import type { CallClass, Pressure } from './pressure.ts'
import { retryAfter } from './retry-after.ts'
import { sendError } from './send-error.ts'

/** tRPC at /trpc. */

/** Calls in one batch. */
const batchMax = 10
const cookieDays = 30

export interface RpcOptions {
  app: App
  pressure: Pressure
  /** Undefined where it is switched off. */
  cache: AnswerCache | undefined
}

export async function registerRpc(server: FastifyInstance, options: RpcOptions): Promise<void> {
  const { app } = options
  await server.register(
    async (scope) => {
      // JSON alone: the forms and streams that tRPC would take as well know no limit on bodies.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) =>
        textOf(body),
      )
      scope.addHook('onRequest', async (request, reply) => {
        reply.header('cache-control', 'no-store')
        refuseUnreadable(request)
        refuseForeignOrigin(request, app.services.config)
      })
      scope.all<{ Params: { path: string } }>('/:path', async (req, res) => {
        if (!['GET', 'HEAD', 'POST'].includes(req.method)) throw new AppError('method_not_allowed')
        // A stream lasts for minutes, and costs nothing meanwhile.
        const leave = isStream(req) ? undefined : options.pressure.enter()
        try {
          await answerCall(req, res, options)
        } finally {
          leave?.()
        }
      })
    },
    { prefix: '/trpc' },
  )
}

/** From the cache, where the answer is everybody's; else straight from its procedure; what is unusual by tRPC's adapter. */
async function answerCall(
  req: FastifyRequest<{ Params: { path: string } }>,
  res: FastifyReply,
  { app, pressure, cache }: RpcOptions,
): Promise<void> {
  const { router } = app
  const call = directCall(router, req)
  const callClass = classOf(req.params.path, router)
  const shortage = pressure.shortOf(callClass)
  const direct = call && { router, ctx: createContext(app, { req, res }), call, headersOf }
  if (direct !== undefined && cache !== undefined && req.method === 'GET' && direct.call.madeFrom !== undefined) {
    const hasOrigins = app.services.config.CORS_ORIGINS.length > 0
    try {
      if (await answerFromCache(req, res, { ...direct, cache, mayLoad: shortage === undefined, hasOrigins })) return
    } catch (error) {
      return answerError(res, error, direct)
    }
  }
  if (shortage !== undefined) {
    metrics.shed.inc({ class: callClass, reason: shortage })
    await sendError(res, 'unavailable')
  } else if (direct !== undefined) {
    await answerDirectly(req, res, direct)
  } else {
    await answerByAdapter(req, res, app)
  }
}

async function answerByAdapter(
  req: FastifyRequest<{ Params: { path: string } }>,
  res: FastifyReply,
  app: App,
): Promise<void> {
  await fastifyRequestHandler({
    router: app.router,
    createContext(options: CreateFastifyContextOptions) {
      refuseBatchedPlacing(options.info)
      return createContext(app, options)
    },
    allowMethodOverride: true,
    maxBatchSize: batchMax,
    responseMeta: ({ errors }) => (errors.length === 0 ? {} : { headers: headersOf(errors) }),
    path: req.params.path,
    req,
    res,
  })
}

const isStream = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/event-stream') === true

/** Who asks for what everybody gets only looks, in a batch too. */
const classOf = (path: string, router: App['router']): CallClass =>
  path.split(',').every((each) => isPublic(router, each)) ? 'browse' : 'buy'

/** Decoding puts a sign of its own in the place of broken bytes: names and addresses would be kept as something nobody wrote. */
function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new AppError('bad_input', { message: 'The body must be JSON in UTF-8.' })
  return body.toString()
}

function refuseUnreadable({ url, headers }: FastifyRequest): void {
  if (!URL.canParse(`http://${headers.host}`))
    throw new AppError('bad_input', { field: 'host', message: 'The header host is not a host.' })
  try {
    decodeURIComponent(url)
  } catch (error) {
    throw new AppError('bad_input', { message: 'The address must be percent-encoded UTF-8.', cause: error })
  }
}

/** A browser sends our cookies with other sites' requests too: what changes something must come from a page we know. */
function refuseForeignOrigin({ method, headers: { origin }, host }: FastifyRequest, config: Config): void {
  if (method === 'GET' || origin === undefined) return
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  if (!isOwn && !config.CORS_ORIGINS.includes(origin))
    throw new AppError('forbidden', { message: 'Requests from this origin are not allowed.' })
}

/** tRPC names no type for what fails before a call is made out, and knows no Retry-After. */
const headersOf = (errors: readonly TRPCError[]): Record<string, string> => ({
  'content-type': 'application/json',
  ...retryAfterOf(errors.find(({ code }) => code === 'SERVICE_UNAVAILABLE')),
})

const retryAfterOf = (error: TRPCError | undefined): Record<string, string> =>
  error === undefined ? {} : { 'retry-after': retryAfter(error.cause instanceof AppError ? error.cause : undefined) }

function refuseBatchedPlacing({ isBatchCall, calls }: CreateFastifyContextOptions['info']): void {
  if (!isBatchCall || calls.every(({ path }) => path !== 'order.place')) return
  const cause = new AppError('bad_input', { message: 'order.place does not travel in a batch. Send it alone.' })
  throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })
}

function createContext(app: App, { req, res }: { req: FastifyRequest; res: FastifyReply }): Context {
  const { config, log } = app.services
  const bearer = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
  const sessionToken = bearer ?? req.cookies['hf_session']
  let session: Promise<Session | null> | undefined

  return {
    requestId: req.id,
    address: req.ip,
    log,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    isReadOnly: config.READ_ONLY,
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
