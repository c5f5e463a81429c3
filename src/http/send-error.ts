import type { FastifyReply } from 'fastify'
import { errorKinds, type AppError, type ErrorCode } from '#errors'

/** The same shape as a procedure's error, for what goes wrong before or beside one. */
export function sendError(reply: FastifyReply, code: ErrorCode, error?: AppError): FastifyReply {
  const kind = errorKinds[code]
  const message = error?.message ?? kind.message
  const issues = error?.field === undefined ? [] : [{ field: error.field, message }]
  if (kind.status === 503) reply.header('retry-after', '2')
  return reply.status(kind.status).send({
    error: {
      message,
      code: -32_000,
      data: {
        code: kind.rpc,
        httpStatus: kind.status,
        error: code,
        isRetryable: kind.isRetryable,
        issues,
        requestId: reply.request.id,
      },
    },
  })
}
