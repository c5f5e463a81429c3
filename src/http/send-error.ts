import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { FastifyReply } from 'fastify'
import { errorData, errorKinds, type AppError, type ErrorCode } from '#errors'
import { retryAfter } from './retry-after.ts'

/** The same shape as a procedure's error, for what goes wrong before or beside one. */
export function sendError(reply: FastifyReply, code: ErrorCode, error?: AppError): FastifyReply {
  const { status } = errorKinds[code]
  if (status === 503) reply.header('retry-after', retryAfter(error))
  return reply.status(status).send(errorBody(code, reply.request.id, error))
}

/** What a stranger reads of `code`; `error` has a better sentence, and the field, where they are known. */
export function errorBody(code: ErrorCode, requestId: string, error?: AppError) {
  const kind = errorKinds[code]
  const message = error?.message ?? kind.message
  const issues = error?.field === undefined ? [] : [{ field: error.field, message }]
  return {
    error: {
      message,
      code: TRPC_ERROR_CODES_BY_KEY[kind.rpc],
      data: errorData(code, { issues, requestId }),
    },
  }
}
