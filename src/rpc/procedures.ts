import { initTRPC, TRPCError, type TRPCProcedureType as ProcedureType } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { withDeadline } from '#lib/deadline'
import { AppError, errorData, errorKinds, type ErrorCode, type FieldIssue } from '#errors'
import { CommitUnknownError, isCircuitOpen, isConnectionLost, isInfrastructureFailure, isUnreachable } from '#db'
import { metrics } from '#telemetry'
import type { Context } from './context.ts'
import { rejectHostileInput } from './hostile-input.ts'

/** What the platform knows of a procedure without calling it. */
export interface Meta {
  /** Tags of what its answer is made from, where that answer is the same for everybody: see {@link cachedProcedure}. */
  madeFrom?: readonly string[]
}

const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: {
      maxDurationMs: 10 * 60_000,
      ping: { enabled: true, intervalMs: 15_000 },
      client: { reconnectAfterInactivityMs: 40_000 },
    },
    errorFormatter({ shape, error, type, ctx }) {
      const { code, message, issues } = tellError(asKnownError(error, type))
      return {
        ...shape,
        message,
        code: TRPC_ERROR_CODES_BY_KEY[errorKinds[code].rpc],
        data: errorData(code, { issues, requestId: ctx?.requestId ?? null }),
      }
    },
  })

export const router = trpc.router

/** What a stranger may read of an error: its code from the table, a sentence, the fields at fault. */
function tellError(error: TRPCError): { code: ErrorCode; message: string; issues: FieldIssue[] } {
  const { cause } = error
  if (cause instanceof AppError) {
    return {
      code: cause.code,
      message: cause.message,
      issues: cause.field === undefined ? [] : [{ field: cause.field, message: cause.message }],
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

/** For a union, the issues of the alternative that came closest say more than "invalid input". */
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

/** Times every call, and turns what is thrown into errors of the table: nothing else leaves a procedure. */
const observe = trpc.middleware(async ({ ctx, path, type, next }) => {
  const startedAt = performance.now()
  const result = await next()
  const seconds = (performance.now() - startedAt) / 1000
  if (result.ok) {
    metrics.rpcSeconds.observe({ procedure: path, outcome: 'ok' }, seconds)
    return result
  }
  const error = asKnownError(result.error, type)
  const { code } = tellError(error)
  metrics.rpcSeconds.observe({ procedure: path, outcome: code }, seconds)
  const isKnown = isCircuitOpen(error.cause) || error.cause instanceof MaintenanceError
  if (!isKnown && (code === 'internal' || code === 'unavailable' || code === 'outcome_unknown')) {
    ctx.log.error({ err: error.cause ?? error, procedure: path, requestId: ctx.requestId }, 'a call failed')
  }
  throw error
})

// These stand below `observe`, which sees what they throw as it sees what procedures throw.
/** The work goes on when its time is up: of a mutation nobody knows then whether it takes effect. */
const keepDeadline = trpc.middleware(({ ctx, type, next }) => {
  if (type === 'subscription') return next()
  const late = () => new AppError(type === 'mutation' ? 'outcome_unknown' : 'unavailable')
  return withDeadline(ctx.timeoutMs, () => next(), late)
})

const refuseHostile = trpc.middleware(async ({ next, getRawInput }) => {
  rejectHostileInput(await getRawInput())
  return next()
})

const refuseWrites = trpc.middleware(({ ctx, type, next }) => {
  if (ctx.isReadOnly && type === 'mutation') throw new MaintenanceError()
  return next()
})

/** Refused by READ_ONLY: minutes rather than a moment. */
class MaintenanceError extends AppError {
  constructor() {
    super('unavailable', {
      message: 'The shop is being maintained: nothing can be ordered or changed for some minutes.',
      retryAfterSeconds: 60,
    })
  }
}

/** A mutation whose connection broke may have taken effect before it did: it is never told as failed. */
function asKnownError(error: TRPCError, type: ProcedureType | 'unknown'): TRPCError {
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
  return asKnownError(
    new TRPCError({
      code: 'INTERNAL_SERVER_ERROR',
      cause: new AppError(isUnknown ? 'outcome_unknown' : 'unavailable', { cause }),
    }),
    type,
  )
}

/** Anyone may call. */
export const publicProcedure = trpc.procedure.use(observe).use(refuseWrites).use(keepDeadline).use(refuseHostile)

/**
 * Anyone may call, and everybody gets the same answer: it is kept for seconds, or until one of these tags gets a new
 * version, and served in its old state while Postgres is away. It never learns who calls: asking for the session throws.
 */
export const cachedProcedure = (...madeFrom: [string, ...string[]]) => publicProcedure.meta({ madeFrom })

/** Needs a session; `ctx.caller` is who it belongs to. */
export const customerProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const caller = await ctx.session()
  if (caller === null) throw new AppError('unauthenticated')
  return next({ ctx: { ...ctx, caller } })
})

/** Needs a session of somebody who works here. */
export const staffProcedure = customerProcedure.use(({ ctx, next }) => {
  if (ctx.caller.role !== 'staff') throw new AppError('forbidden')
  return next()
})
