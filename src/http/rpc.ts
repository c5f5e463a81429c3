import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import type { App } from '#app'
import type { Config } from '#config'
import { AppError } from '#errors'
import type { Context, Session } from '#rpc'
import { answerCall, type CallOptions } from './call.ts'

/** tRPC at /trpc. */

const cookieDays = 30

export async function registerRpc(server: FastifyInstance, given: Omit<CallOptions, 'contextOf'>): Promise<void> {
  const { app } = given
  const options: CallOptions = { ...given, contextOf: (req, res) => createContext(app, { req, res }) }
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
        if (req.headers.accept?.includes('text/event-stream') === true) return answerCall(req, res, options)
        const leave = options.pressure.enter()
        try {
          await answerCall(req, res, options)
        } finally {
          leave()
        }
      })
    },
    { prefix: '/trpc' },
  )
}

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
