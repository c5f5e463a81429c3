import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { FastifyReply } from 'fastify'
import { errorData, errorKinds, type AppError, type ErrorCode } from '#errors'
import { preferredLocale, translate } from '#rpc'
import type { Locale } from '#schemas'
import { retryAfter } from './retry-after.ts'

/** Sends an error from outside a procedure, in the format of a procedure's error. */
export function sendError(reply: FastifyReply, code: ErrorCode, error?: AppError): FastifyReply {
  const { status } = errorKinds[code]
  if (status === 503 || status === 429) reply.header('retry-after', retryAfter(error))
  return reply
    .status(status)
    .send(
      errorBody(code, reply.request.id, { error, locale: preferredLocale(reply.request.headers['accept-language']) }),
    )
}

/** The public body for `code`; `error` gives a more specific message and the field at fault, where known. */
export function errorBody(
  code: ErrorCode,
  requestId: string,
  { error, locale = 'en' }: { error?: AppError | undefined; locale?: Locale } = {},
) {
  const kind = errorKinds[code]
  const message = translate(error?.message ?? kind.message, locale)
  const issues = error?.field === undefined ? [] : [{ field: error.field, message }]
  return {
    error: {
      message,
      code: TRPC_ERROR_CODES_BY_KEY[kind.rpc],
      data: errorData(code, { issues, requestId, retryAfterSeconds: error?.retryAfterSeconds }),
    },
  }
}
