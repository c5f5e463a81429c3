import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify'
import { randomUUID } from 'node:crypto'
import type { App } from '#app'
import { warmUp } from '#db'
import { AppError, BootError, errorKinds } from '#errors'
import { openAnswerCache } from '#cache'
import { isPassing } from './cached-call.ts'
import { registerHealth, type Readiness } from './health.ts'
import { serveHotAnswers } from './hot-answers.ts'
import { registerPages } from './pages.ts'
import { createLoadShedder } from './load-shedding.ts'
import { codeOf, rejectAddress, rejectConnection } from './rejection.ts'
import { registerRpc } from './rpc.ts'
import { sendError } from './send-error.ts'
import { registerWebhooks } from './webhooks.ts'

/** Bytes of one request's body. */
const bodyMax = 256 * 1024

export interface HttpServer {
  /** Where it answers, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Readiness false from now on; streams are told to reconnect elsewhere. */
  drain(): void
  /** Takes no more requests and waits for those under way. */
  close(): Promise<void>
}

export interface HttpOptions {
  app: App
  /** Whether this process lives: the worker's sweep, where it has one. */
  isAlive(): boolean
}

/** @throws BootError when the port is taken or may not be used */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { config } = options.app.services
  const readiness: Readiness = { isReady: false, isAlive: options.isAlive }
  const { server, endStreams } = await createServer(options.app, readiness)
  await warmUp(options.app.services.database)
  await server.listen({ port: config.PORT, host: config.HOST }).catch((error: NodeJS.ErrnoException) => {
    throw new BootError(listenAdvice(error, config.PORT, config.HOST), { cause: error })
  })
  readiness.isReady = true
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.PORT
  const host =
    config.HOST === '0.0.0.0' || config.HOST === '::' || config.HOST === '127.0.0.1' ? 'localhost' : config.HOST
  return {
    url: `http://${host}:${port}`,
    drain() {
      readiness.isReady = false
      endStreams()
    },
    close: () => server.close(),
  }
}

async function createServer(app: App, readiness: Readiness): Promise<{ server: FastifyInstance; endStreams(): void }> {
  const { config, log } = app.services
  const logger: FastifyBaseLogger = log.child({ part: 'http' }, { level: 'warn' })
  const server = Fastify({
    loggerInstance: logger,
    // One line a request would say nothing that the metrics do not, and addresses of pages can hold personal data.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyMax,
    routerOptions: { maxParamLength: 1_000 },
    // Longer than a balancer's idle time-out (60 s), so that it never sends on a connection we are closing.
    keepAliveTimeout: 75_000,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    // Nobody logs by request; a logger for each would cost more than a cached answer.
    childLoggerFactory: (parent) => parent,
    genReqId: () => randomUUID(),
    trustProxy: config.TRUST_PROXY ?? false,
    frameworkErrors: rejectAddress,
    clientErrorHandler: rejectConnection,
  })
  const pressure = createLoadShedder({ waitMs: app.services.database.waitMs, poolSize: config.DATABASE_POOL })
  const cache = openCache(app)
  const cached = cache && { cache, hot: serveHotAnswers(server, cache) }
  server.addHook('onClose', async () => {
    pressure.close()
    await cache?.close()
  })
  const streams = new Set<FastifyReply['raw']>()
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (request.headers.accept?.includes('text/event-stream') === true) {
      streams.add(reply.raw)
      reply.raw.once('close', () => streams.delete(reply.raw))
    }
  })
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const code = codeOf(error)
    if (errorKinds[code].status >= 500) log.error({ err: error, requestId: request.id }, 'a request failed')
    return sendError(reply, code, error instanceof AppError ? error : undefined)
  })
  await server.register(cookie)
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'http:', 'https:'],
        styleSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
    // The balancer ends TLS; it is said only where cookies are for HTTPS alone.
    strictTransportSecurity: config.COOKIE_SECURE ? { maxAge: 31_536_000 } : false,
    crossOriginResourcePolicy: { policy: 'same-site' },
  })
  await server.register(cors, {
    origin: config.CORS_ORIGINS,
    credentials: true,
    maxAge: 600,
    allowedHeaders: ['last-event-id', 'content-type', 'authorization', 'x-order-token', 'accept-language'],
  })
  registerHealth(server, readiness)
  await registerRpc(server, { app, pressure, cached })
  registerWebhooks(server, app)
  await registerPages(server)
  return {
    server,
    endStreams: () => {
      for (const stream of streams) stream.end()
    },
  }
}

function openCache({ services: { config, log }, readVersions }: App) {
  if (config.CACHE_MAX_BYTES === 0) return undefined
  return openAnswerCache({
    maxBytes: config.CACHE_MAX_BYTES,
    redisUrl: config.CACHE_REDIS_URL,
    scope: config.SHOP_CURRENCIES.join(),
    readVersions,
    isPassing,
    log,
  })
}

function listenAdvice(error: NodeJS.ErrnoException, port: number, host: string): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=3001 npm start (PORT=0 takes a free one).`
  if (error.code === 'EACCES') return `Port ${port} may not be used by this account. Choose one above 1023 with PORT.`
  return `The shop cannot listen on ${host}, port ${port} (${error.code ?? error.message}). Set HOST to an address of this machine.`
}
