import { initTRPC, type TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { failureReason, isCircuitOpen } from '#db'
import { AppError, errorData, errorKinds, maintenanceError, type ErrorCode } from '#errors'
import { withDeadline } from '#lib/deadline'
import { sampling } from '#lib/throttle'
import { truncatedNetwork } from '#rate-limit'
import { inSpan, metrics, reportSecurityEvent, type Logger, type SecurityEvent } from '#telemetry'
import type { Context } from './context.ts'
import { rejectHostileInput } from './hostile-input.ts'
import { publicErrorOf, toTableError } from './public-error.ts'
import { localeOfInput } from './translation.ts'

/** Properties of a procedure that are known without calling it. */
export interface Meta {
  /** Set where the response is the same for everyone: the tags of the data it is made from. See {@link cachedProcedure}. */
  cacheTags?: readonly string[]
  /** Who may call it; everyone unless given. */
  access?: 'customer' | 'staff'
}

const trpc = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    sse: {
      maxDurationMs: 10 * 60_000,
      // A connection that has died without a word is noticed within 10 s: the buyer's page then says that it is not live.
      ping: { enabled: true, intervalMs: 4_000 },
      client: { reconnectAfterInactivityMs: 10_000 },
    },
    errorFormatter({ shape, error, type, ctx, input }) {
      const locale = localeOfInput(input) ?? ctx?.locale() ?? 'en'
      const { code, message, issues, retryAfterSeconds } = publicErrorOf(toTableError(error, type), { locale, input })
      return {
        ...shape,
        message,
        code: TRPC_ERROR_CODES_BY_KEY[errorKinds[code].rpc],
        data: errorData(code, { issues, requestId: ctx?.requestId ?? null, retryAfterSeconds }),
      }
    },
  })

export const router = trpc.router

const samples = new Map<string, ReturnType<typeof sampling>>()

/**
 * Calls that are shed or find no Postgres fail in bursts, and each is counted by the metric: one in 10 s of a procedure
 * is logged, without a stack.
 */
function reportUnavailable(log: Logger, procedure: string, { cause }: TRPCError): void {
  const sample = samples.get(procedure) ?? sampling()
  samples.set(procedure, sample)
  const leftOut = sample()
  if (leftOut !== undefined) log.warn({ procedure, reason: failureReason(cause), leftOut }, 'a call was unavailable')
}

/** Measures every call, and turns each error into one of the table: no other error leaves a procedure. */
const observe = trpc.middleware(async ({ ctx, path, type, next }) => {
  const startedAt = performance.now()
  const result = await inSpan(path, { attributes: { 'rpc.system': 'trpc', 'rpc.method': path } }, () => next())
  const seconds = (performance.now() - startedAt) / 1000
  if (result.ok) {
    metrics.rpcSeconds.observe({ procedure: path, outcome: 'ok' }, seconds)
    return result
  }
  const error = toTableError(result.error, type)
  const { code } = publicErrorOf(error)
  metrics.rpcSeconds.observe({ procedure: path, outcome: code }, seconds)
  const event = securityEventOf(code)
  if (event !== undefined) {
    const userId = event === 'access_denied' ? (await ctx.session().catch(() => null))?.userId : undefined
    const network = truncatedNetwork(ctx.address)
    reportSecurityEvent(ctx.log, event, { requestId: ctx.requestId, userId, network, procedure: path })
  }
  const isReported = isCircuitOpen(error.cause)
  if (!isReported && code === 'unavailable') reportUnavailable(ctx.log, path, error)
  if (!isReported && (code === 'internal' || code === 'outcome_unknown')) {
    ctx.log.error({ err: error.cause ?? error, procedure: path, requestId: ctx.requestId }, 'a call failed')
  }
  throw error
})

function securityEventOf(code: ErrorCode): SecurityEvent | undefined {
  switch (code) {
    case 'login_failed':
      return 'login_failed'
    case 'too_many_requests':
      return 'throttled'
    case 'forbidden':
      return 'access_denied'
    default:
      return undefined
  }
}

// The middlewares below run inside `observe`, which handles their errors as it does those of procedures.

/** Replies when the time is up. The work itself goes on, so that the outcome of a mutation is then unknown. */
const enforceDeadline = trpc.middleware(({ ctx, type, next }) => {
  if (type === 'subscription') return next()
  const timeoutError = () => new AppError(type === 'mutation' ? 'outcome_unknown' : 'unavailable')
  return withDeadline(ctx.timeoutMs, () => next(), timeoutError)
})

const rejectHostile = trpc.middleware(async ({ next, getRawInput }) => {
  rejectHostileInput(await getRawInput())
  return next()
})

const rejectWritesInMaintenance = trpc.middleware(({ ctx, type, next }) => {
  if (ctx.isReadOnly && type === 'mutation') throw maintenanceError()
  return next()
})

/** Open to everyone. */
export const publicProcedure = trpc.procedure
  .use(observe)
  .use(rejectWritesInMaintenance)
  .use(enforceDeadline)
  .use(rejectHostile)

/**
 * Open to everyone, with one response for everyone. The response is cached for seconds, or until one of the tags gets a
 * new version, and served stale while Postgres is down. Its context has no caller: asking for the session throws.
 */
export const cachedProcedure = (...cacheTags: [string, ...string[]]) => publicProcedure.meta({ cacheTags })

/** Requires a session; `ctx.caller` is its account. */
export const customerProcedure = publicProcedure.meta({ access: 'customer' }).use(async ({ ctx, next }) => {
  const caller = await ctx.session()
  if (caller === null) throw new AppError('unauthenticated')
  return next({ ctx: { ...ctx, caller } })
})

/** Requires a session of a staff account. */
export const staffProcedure = customerProcedure.meta({ access: 'staff' }).use(({ ctx, next }) => {
  if (ctx.caller.role !== 'staff') throw new AppError('forbidden')
  return next()
})
