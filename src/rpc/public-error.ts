import { TRPCError, type TRPCProcedureType as ProcedureType } from '@trpc/server'
import { ZodError } from 'zod'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure, isUnreachable } from '#db'
import { AppError, errorKinds, type ErrorCode, type FieldIssue } from '#errors'

/** The public part of an error: its code from the table of errors, a message, and the fields at fault. */
export interface PublicError {
  code: ErrorCode
  message: string
  issues: FieldIssue[]
  retryAfterSeconds?: number | undefined
}

export function publicErrorOf(error: TRPCError): PublicError {
  const { cause } = error
  if (cause instanceof AppError) {
    return {
      code: cause.code,
      message: cause.message,
      issues: cause.field === undefined ? [] : [{ field: cause.field, message: cause.message }],
      retryAfterSeconds: cause.retryAfterSeconds,
    }
  }
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    const issues = cause.issues.flatMap((issue) => fieldIssues(issue)).slice(0, 20)
    const first = issues[0]
    return {
      code: 'bad_input',
      message: first ? `${first.field || 'input'}: ${first.message}` : errorKinds.bad_input.message,
      issues,
    }
  }
  switch (error.code) {
    case 'NOT_FOUND':
      return { code: 'not_found', message: 'There is no such procedure.', issues: [] }
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
    case 'UNPROCESSABLE_CONTENT':
      return {
        code: 'bad_input',
        message: 'The request cannot be read: check its JSON and its batch size.',
        issues: [],
      }
    case 'METHOD_NOT_SUPPORTED':
      return { code: 'method_not_allowed', message: errorKinds.method_not_allowed.message, issues: [] }
    case 'PAYLOAD_TOO_LARGE':
      return { code: 'too_large', message: errorKinds.too_large.message, issues: [] }
    case 'UNSUPPORTED_MEDIA_TYPE':
      return { code: 'unsupported_media_type', message: errorKinds.unsupported_media_type.message, issues: [] }
    default:
      return { code: 'internal', message: errorKinds.internal.message, issues: [] }
  }
}

/** Of a union, the issues of the alternative with the fewest are more specific than "invalid input". */
function fieldIssues(issue: ZodError['issues'][number], prefix: PropertyKey[] = []): FieldIssue[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
    return closest.flatMap((inner) => fieldIssues(inner, path))
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...path, key].map(String).join('.'), message: 'is not a known field' }))
  }
  return [{ field: path.map(String).join('.'), message: issue.message }]
}

/**
 * Turns an AppError and a failure of the infrastructure into an error of the table. A mutation whose connection broke may
 * have taken effect before: it is `outcome_unknown`, never reported as failed.
 */
export function toTableError(error: TRPCError, type: ProcedureType | 'unknown'): TRPCError {
  const { cause } = error
  if (cause instanceof AppError)
    return new TRPCError({ code: errorKinds[cause.code].rpc, message: cause.message, cause })
  if (
    error.code !== 'INTERNAL_SERVER_ERROR' ||
    !(cause instanceof CommitUnknownError || isInfrastructureFailure(cause))
  )
    return error
  const isUnknown =
    cause instanceof CommitUnknownError || (type === 'mutation' && isConnectionLost(cause) && !isUnreachable(cause))
  return toTableError(
    new TRPCError({
      code: 'INTERNAL_SERVER_ERROR',
      cause: new AppError(isUnknown ? 'outcome_unknown' : 'unavailable', { cause }),
    }),
    type,
  )
}
