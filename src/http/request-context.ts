import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#app'
import { isHttps } from '#config'
import { AppError } from '#errors'
import { preferredLocale, type Context, type Session } from '#rpc'

const orderCookieDays = 30
const deviceCookieDays = 365

/** The context of the procedures that one request calls. */
export function createContext(app: App, { request, reply }: { request: FastifyRequest; reply: FastifyReply }): Context {
  const { config, log } = app.services
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const isSecure = isHttps(config)
  // A browser takes the prefix from this very host over HTTPS only: no subdomain can replace the cookie.
  const prefix = isSecure ? '__Host-hf_' : 'hf_'
  const sessionToken = bearer ?? request.cookies[`${prefix}session`]
  let session: Promise<Session | null> | undefined

  return {
    requestId: request.id,
    address: request.ip,
    log,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
    isReadOnly: config.READ_ONLY,
    sessionToken,
    deviceToken: request.cookies[`${prefix}device`],
    userAgent: request.headers['user-agent'],
    session: () => (session ??= findSession(app, { sessionToken, isBearer: bearer !== undefined })),
    locale: () => preferredLocale(request.headers['accept-language']),
    orderToken(orderId) {
      const header = request.headers['x-order-token']
      return typeof header === 'string' ? header : request.cookies[`${prefix}order-${orderId}`]
    },
    setCookie(cookie, value) {
      // An event stream has sent its headers before its procedure runs.
      if (reply.raw.headersSent) return
      const cookieDays: Record<string, number> = { session: config.SESSION_DAYS, device: deviceCookieDays }
      const options = { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure } as const
      if (value === null) {
        reply.clearCookie(`${prefix}${cookie}`, options)
        // After a logout the next person at this browser sees no order that was placed in it.
        if (cookie === 'session')
          for (const name of Object.keys(request.cookies))
            if (name.startsWith(`${prefix}order-`)) reply.clearCookie(name, options)
      } else
        reply.setCookie(`${prefix}${cookie}`, value, {
          ...options,
          maxAge: (cookieDays[cookie] ?? orderCookieDays) * 86_400,
        })
    },
  }
}

/** An expired cookie makes the browser a guest. @throws AppError `unauthenticated` for an expired bearer token */
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
