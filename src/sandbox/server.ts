import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'
import { keyChecker } from './calls.ts'
import type { SandboxContext } from './context.ts'
import { registerControl } from './control-api.ts'
import type { Operation } from './faults.ts'
import { FormError } from './form.ts'
import { newId } from './ids.ts'
import { registerListings } from './listings-api.ts'
import type { ErrorBody } from './model.ts'
import { registerPages } from './pages.ts'
import { registerPayments } from './payments-api.ts'
import type { SandboxLogger } from './webhooks.ts'

const bodyLimitBytes = 256 * 1024
/** Deadline for receiving a whole request. The time to respond is unbounded, because a fault may hang the call. */
const requestTimeoutMs = 10_000
/** Longer than clients keep an idle connection, so that the client closes it, never the server. */
const keepAliveTimeoutMs = 75_000

/** Creates the server of the API, the control endpoints and the pages; it does not listen yet. */
export function createServer(
  context: SandboxContext,
  { apiKey, logger }: { apiKey: string; logger: SandboxLogger },
): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: () => newId('req'),
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body)
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', request.id)
  })
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, body } = toErrorResponse(error)
    if (status >= 500) logger.error({ err: error, requestId: request.id }, 'sandbox call failed')
    return reply.code(status).send({ error: body })
  })
  app.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${request.raw.url?.split('?')[0]?.slice(0, 200)}).`
    return reply.code(404).send({ error: { type: 'invalid_request_error', message } })
  })
  app.register(async (api) => registerApi(api, context, apiKey))
  app.register(async (control) => registerControl(control, context))
  app.register(async (pages) => registerPages(pages, context))
  return app
}

function registerApi(api: FastifyInstance, context: SandboxContext, apiKey: string): void {
  const checkKey = keyChecker(apiKey)
  // Stripe's v1 accepts form bodies only.
  api.removeContentTypeParser(['application/json', 'text/plain'])
  api.addHook('onRequest', async (request, reply) => {
    if (context.faults.match([operationOf(request)], ['down'])) {
      reply.hijack()
      request.raw.socket.destroy()
      return reply
    }
    context.connections.trackApi(request.raw.socket)
    checkKey(request)
    return undefined
  })
  registerPayments(api, context)
  registerListings(api, context)
}

/** Operation of a request by its route. A create that also confirms is known only after its body is read. */
function operationOf(request: FastifyRequest): Operation {
  if (request.method !== 'POST') return 'retrieve'
  const name = request.routeOptions.url?.split('/').at(-1)
  switch (name) {
    case 'confirm':
    case 'capture':
    case 'cancel':
      return name
    case 'refunds':
      return 'refund'
    default:
      return 'create'
  }
}

function toErrorResponse(error: FastifyError): { status: number; body: ErrorBody } {
  if (error instanceof ApiError) return { status: error.status, body: error.body }
  if (error instanceof FormError) {
    return { status: 400, body: { type: 'invalid_request_error', message: error.message, param: error.param } }
  }
  const status = error.statusCode ?? 500
  if (status < 500) return { status, body: { type: 'invalid_request_error', message: error.message } }
  return { status: 500, body: { type: 'api_error', message: 'An unknown error occurred.' } }
}
