import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { App } from '#app'
import { isHttps } from '#config'
import { warmUp } from '#db'
import { AppError, BootError, errorKinds } from '#errors'
import { truncatedNetwork } from '#rate-limit'
import { reportSecurityEvent } from '#telemetry'
import { throttledWarning } from '#lib/throttle'
import { createEventStreams } from './event-streams.ts'
import { registerHealth, type Readiness } from './health.ts'
import { registerOpenApi } from './openapi.ts'
import { registerPages } from './pages.ts'
import { createLoadShedder } from './load-shedding.ts'
import { codeOf, rejectAmbiguousHost, rejectConnection, rejectUrl } from './rejection.ts'
import { sendError } from './send-error.ts'
import { createTrpcRequests } from './trpc-request.ts'
import { traceRequests } from './request-trace.ts'
import { registerWebhooks } from './webhooks.ts'

/** Largest body of a request, bytes. */
const bodyMaxBytes = 256 * 1024

export interface HttpServer {
  /** Base URL, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Sets readiness to false and ends the event streams, so that their clients reconnect elsewhere. */
  drain(): void
  /** Accepts no more requests and waits for those under way. */
  close(): Promise<void>
}

export interface HttpOptions {
  app: App
  /** Liveness of this process; of a process with a worker also the liveness of its sweep. */
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
    // A log line per request would add nothing to the metrics, and URLs of pages can hold personal data.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyMaxBytes,
    routerOptions: { maxParamLength: 1_000 },
    // Longer than a load balancer's idle timeout (60 s): it never sends on a connection that is being closed.
    keepAliveTimeout: 75_000,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    // No code logs by request, and a child logger for each would cost more than a cached response.
    childLoggerFactory: (parent) => parent,
    genReqId: () => randomUUID(),
    trustProxy: config.TRUST_PROXY ?? false,
    frameworkErrors: rejectUrl,
    clientErrorHandler: rejectConnection,
  })
  const loadShedder = createLoadShedder({ waitMs: app.services.database.waitMs, poolSize: config.DATABASE_POOL })
  const streams = createEventStreams()
  const trpcRequests = createTrpcRequests({ app, loadShedder, streams })
  server.addHook('onRequest', rejectAmbiguousHost)
  trpcRequests.serveKnownUrls(server)
  server.addHook('onClose', async () => {
    loadShedder.close()
    await trpcRequests.close()
  })
  traceRequests(server)
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  const reportUnavailable = throttledWarning(log, 'requests fail for want of Postgres or capacity')
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const code = codeOf(error)
    if (code === 'forbidden')
      reportSecurityEvent(log, 'access_denied', { requestId: request.id, network: truncatedNetwork(request.ip) })
    if (code === 'unavailable') reportUnavailable(error)
    else if (errorKinds[code].status >= 500) log.error({ err: error, requestId: request.id }, 'a request failed')
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
    // The load balancer ends TLS, so that only the address says whether the shop is reached by HTTPS.
    strictTransportSecurity: isHttps(config) ? { maxAge: 31_536_000 } : false,
    crossOriginResourcePolicy: { policy: 'same-site' },
  })
  await server.register(cors, {
    origin: config.CORS_ORIGINS,
    credentials: true,
    maxAge: 600,
    allowedHeaders: ['last-event-id', 'content-type', 'authorization', 'x-order-token', 'accept-language'],
  })
  registerHealth(server, readiness)
  await registerOpenApi(server)
  await trpcRequests.registerRoutes(server)
  registerWebhooks(server, app)
  await registerPages(server)
  return { server, endStreams: streams.endAll }
}

function listenAdvice(error: NodeJS.ErrnoException, port: number, host: string): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=3001 npm start (PORT=0 takes a free one).`
  if (error.code === 'EACCES') return `Port ${port} may not be used by this account. Choose one above 1023 with PORT.`
  return `The shop cannot listen on ${host}, port ${port} (${error.code ?? error.message}). Set HOST to an address of this machine.`
}
