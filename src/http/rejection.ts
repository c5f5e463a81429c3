import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { isInfrastructureFailure } from '#db'
import { AppError, errorKinds, type ErrorCode } from '#errors'
import { errorBody, sendError } from './send-error.ts'

/** Requests that fail before they come to a handler. */

/** The code of whatever a handler, or Fastify itself, has thrown. */
export function codeOf(error: FastifyError): ErrorCode {
  if (error instanceof AppError) return error.code
  if (isInfrastructureFailure(error)) return 'unavailable'
  if (error.statusCode === 413 || error.statusCode === 414) return 'too_large'
  if (error.statusCode === 415) return 'unsupported_media_type'
  if (error.statusCode === 404) return 'not_found'
  return error.statusCode !== undefined && error.statusCode < 500 ? 'bad_input' : 'internal'
}

/** No hook runs for these requests: the headers that all other answers carry are given here. */
const bareHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** An address for which no route can be looked up: broken percent encoding, an endless segment. */
export function rejectAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...bareHeaders, 'x-request-id': request.id })
  sendError(reply, codeOf(error))
}

/** What Node could not read as HTTP: there is a socket, but neither request nor reply. */
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
