import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Config } from '#config'
import { isInfrastructureFailure } from '#db'
import { AppError, errorKinds, type ErrorCode } from '#errors'
import { errorBody, sendError } from './send-error.ts'

/** Requests that are rejected before they reach a handler. */

/** The code of an error that a handler or Fastify has thrown. */
export function codeOf(error: FastifyError): ErrorCode {
  if (error instanceof AppError) return error.code
  if (isInfrastructureFailure(error)) return 'unavailable'
  if (error.statusCode === 413 || error.statusCode === 414) return 'too_large'
  if (error.statusCode === 415) return 'unsupported_media_type'
  if (error.statusCode === 404) return 'not_found'
  return error.statusCode !== undefined && error.statusCode < 500 ? 'bad_input' : 'internal'
}

/** Headers of responses for which no hook runs: the other responses get theirs from hooks. */
const bareHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Rejects a URL for which no route can be looked up: broken percent encoding, an endless segment. */
export function rejectUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...bareHeaders, 'x-request-id': request.id })
  sendError(reply, codeOf(error))
}

/**
 * Rejects a request with two Host headers, before any other step: a proxy may have routed it by the one, and the shop
 * would answer for the other.
 */
export function rejectAmbiguousHost(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { rawHeaders } = request.raw
  let hosts = 0
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const name = rawHeaders[n] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts <= 1) return done()
  reply.headers({ ...bareHeaders, 'x-request-id': request.id })
  sendError(
    reply,
    'bad_input',
    new AppError('bad_input', { field: 'host', message: 'The header host is given twice.' }),
  )
}

/** Rejects bytes that Node cannot parse as HTTP: there is a socket, but neither request nor reply. */
export function rejectConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'too_large' : 'bad_input'
    const { status } = errorKinds[code]
    const requestId = randomUUID()
    const body = JSON.stringify(errorBody(code, requestId))
    const headers = {
      ...bareHeaders,
      'x-request-id': requestId,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  }
  socket.destroySoon()
}

/** @throws AppError `bad_input` for a broken Host header or a URL that is not percent-encoded UTF-8 */
export function rejectUnreadable({ url, headers }: FastifyRequest): void {
  if (!URL.canParse(`http://${headers.host}`))
    throw new AppError('bad_input', { field: 'host', message: 'The header host is not a host.' })
  try {
    decodeURIComponent(url)
  } catch (error) {
    throw new AppError('bad_input', { message: 'The address must be percent-encoded UTF-8.', cause: error })
  }
}

/**
 * CSRF protection: a browser sends the shop's cookies with requests of other sites too.
 * @throws AppError `forbidden` unless it is a GET, or comes from the shop's own or an allowed origin
 */
export function rejectForeignOrigin({ method, headers: { origin }, host }: FastifyRequest, config: Config): void {
  if (method === 'GET' || origin === undefined) return
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  if (!isOwn && !config.CORS_ORIGINS.includes(origin))
    throw new AppError('forbidden', { message: 'Requests from this origin are not allowed.' })
}
