import { TRPCError, type TRPCProcedureType as ProcedureType } from '@trpc/server'
import { ZodError } from 'zod'
import { CommitUnknownError, isConnectionLost, isInfrastructureFailure, isUnreachable } from '#db'
import { AppError, errorKinds, type ErrorCode, type FieldIssue } from '#errors'
import type { Locale } from '#schemas'
import { isUntold, issueText } from './issue-text.ts'
import { translate } from './translation.ts'

/** The public part of an error: its code from the table of errors, a message, and the fields at fault. */
export interface PublicError {
  code: ErrorCode
  message: string
  issues: FieldIssue[]
  retryAfterSeconds?: number | undefined
}

/** Who the error is reported to: their language, and the input in which a field may be missing. */
export interface Reader {
  locale: Locale
  input?: unknown
}

export function publicErrorOf(error: TRPCError, { locale, input }: Reader = { locale: 'en' }): PublicError {
  const { cause } = error
  if (cause instanceof AppError) {
    const message = translate(cause.message, locale)
    return {
      code: cause.code,
      message,
      issues: cause.field === undefined ? [] : [{ field: cause.field, message }],
      retryAfterSeconds: cause.retryAfterSeconds,
    }
  }
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    const issues = cause.issues.flatMap((issue) => fieldIssues(issue, { input, locale })).slice(0, 20)
    const first = issues[0]
    return {
      code: 'bad_input',
      message: first ? `${first.field || 'input'}: ${first.message}` : translate(errorKinds.bad_input.message, locale),
      issues,
    }
  }
  const [code, message] = protocolError(error)
  return { code, message: translate(message ?? errorKinds[code].message, locale), issues: [] }
}

/** Of an error that tRPC itself has thrown: its code, and a message unless the table's own fits. */
function protocolError({ code }: TRPCError): [code: ErrorCode, message?: string] {
  switch (code) {
    case 'NOT_FOUND':
      return ['not_found', 'There is no such procedure.']
    case 'BAD_REQUEST':
    case 'PARSE_ERROR':
    case 'UNPROCESSABLE_CONTENT':
      return ['bad_input', 'The request cannot be read: check its JSON and its batch size.']
    case 'METHOD_NOT_SUPPORTED':
      return ['method_not_allowed']
    case 'PAYLOAD_TOO_LARGE':
      return ['too_large']
    case 'UNSUPPORTED_MEDIA_TYPE':
      return ['unsupported_media_type']
    default:
      return ['internal']
  }
}

/** Of a union, the issues of the alternative with the fewest are more specific than "invalid input". */
function fieldIssues(
  issue: ZodError['issues'][number],
  { input, locale }: Reader,
  prefix: PropertyKey[] = [],
): FieldIssue[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? []
    return closest.flatMap((inner) => fieldIssues(inner, { input, locale }, path))
  }
  const value = valueAt(input, path)
  const message = isUntold(issue, value)
    ? issueText(issue, value)[locale]
    : (ownTranslation(issue, locale) ?? translate(issue.message, locale))
  const fields = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
  return fields.map((field) => ({ field: field.map(String).join('.'), message }))
}

/** A schema whose messages are made of data brings their translation along. */
function ownTranslation(issue: ZodError['issues'][number], locale: Locale): string | undefined {
  const translation: unknown = issue.code === 'custom' ? issue.params?.[locale] : undefined
  return typeof translation === 'string' ? translation : undefined
}

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<PropertyKey, unknown>)[name]
        : undefined,
    input,
  )

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
