import { TRPCError, type AnyTRPCRouter } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ResponseCache } from '#cache'
import { AppError } from '#errors'
import type { Context } from '#rpc'
import { errorBodyOf, errorHeaders } from './call-error.ts'
import { readThroughCache } from './cached-response.ts'
import { rawInput } from './call-input.ts'
import { resultOf } from './direct-execution.ts'
import type { LoadShedder } from './load-shedding.ts'
import { classOf, procedureAt, type ProcedureCall } from './procedure-call.ts'

/**
 * Batch execution: each call of a batch has its own class, slot and cached response, as if it were sent alone. tRPC's
 * adapter would execute them as one request, and load shedding would take ten searches for one.
 */

/** Largest number of calls in one batch. */
const batchMax = 10

/** tRPC's mark of a batch. Of a repeated parameter the first counts. */
export function isBatch({ query }: FastifyRequest): boolean {
  const { batch } = query as { batch?: string | string[] }
  return (Array.isArray(batch) ? batch[0] : batch) === '1'
}

/** The number of calls under way that a request stands for; a longer batch is rejected. */
export const callCount = (request: FastifyRequest, path: string): number =>
  isBatch(request) ? Math.min(batchMax, path.split(',').length) : 1

export interface BatchOptions {
  router: AnyTRPCRouter
  path: string
  ctx(): Context
  /** Undefined where the cache is off. */
  cache: ResponseCache | undefined
  loadShedder: LoadShedder
}

/** The result of one call, as the bytes that it would get alone. */
interface Outcome {
  status: number
  body: string
  error?: TRPCError
}

/** @throws AppError `bad_input` for a request that is no batch of this shop: then no call is executed */
export async function executeBatch(request: FastifyRequest, reply: FastifyReply, options: BatchOptions): Promise<void> {
  const paths = options.path.split(',')
  const calls = paths.map((path) => procedureAt(options.router, path))
  rejectBatch(request, paths, calls)
  const inputs = inputsOf(request)
  const context = options.ctx()
  const outcomes = await Promise.all(
    paths.map((path, n) =>
      outcomeOf({ ...options, path, ctx: () => context, call: calls[n], input: inputs[n], method: request.method }),
    ),
  )
  const statuses = new Set(outcomes.map(({ status }) => status))
  const errors = outcomes.flatMap(({ error }) => error ?? [])
  reply
    .header('content-type', 'application/json')
    .header('vary', 'trpc-accept, accept')
    .headers(errors.length === 0 ? {} : errorHeaders(errors))
    .status(statuses.size === 1 ? (outcomes[0]?.status ?? 200) : 207)
  await reply.send(Buffer.from(`[${outcomes.map(({ body }) => body).join(',')}]`))
}

function rejectBatch({ headers }: FastifyRequest, paths: string[], calls: (ProcedureCall | undefined)[]): void {
  const accepted = `${String(headers['trpc-accept'] ?? '')},${headers.accept ?? ''}`
  const types = new Set(calls.flatMap((call) => call?.type ?? []))
  if (paths.length > batchMax) throw badBatch(`A batch has at most ${batchMax} calls. Send several.`)
  if (paths.includes('order.place')) throw badBatch('order.place does not travel in a batch. Send it alone.')
  if (accepted.includes('application/jsonl'))
    throw badBatch('A batch is answered as one JSON list, not as a stream: use httpBatchLink.')
  if (types.has('subscription')) throw badBatch('A subscription does not travel in a batch. Send it alone.')
  if (types.size > 1) throw badBatch('A batch holds queries or mutations, not both. Send two.')
}

const badBatch = (message: string): AppError => new AppError('bad_input', { message })

/** The inputs by position. @throws AppError `bad_input` */
function inputsOf(request: FastifyRequest): Record<number, unknown> {
  const inputs = parsed(request)
  if (inputs === undefined) return {}
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs))
    throw badBatch('The input of a batch is a JSON object of the inputs by position, such as {"0":{}}.')
  return inputs as Record<number, unknown>
}

function parsed(request: FastifyRequest): unknown {
  try {
    return rawInput(request)
  } catch (cause) {
    throw new AppError('bad_input', { message: 'The request cannot be read: check its JSON.', cause })
  }
}

interface Execution extends BatchOptions {
  call: ProcedureCall | undefined
  input: unknown
  method: string
}

async function outcomeOf(execution: Execution): Promise<Outcome> {
  const { router, ctx, path, call, input } = execution
  try {
    return { status: 200, body: await execute(execution) }
  } catch (thrown) {
    const { error, body } = errorBodyOf(thrown, { router, ctx, call: call ?? { path, type: 'unknown' }, input })
    return { status: getHTTPStatusCodeFromError(error), body, error }
  }
}

async function execute({ router, ctx, call, input, method, cache, loadShedder }: Execution): Promise<string> {
  if (call === undefined) throw new TRPCError({ code: 'NOT_FOUND' })
  if (method === 'GET' && call.type !== 'query') throw new TRPCError({ code: 'METHOD_NOT_SUPPORTED' })
  if (cache !== undefined) {
    const reading = await readThroughCache({ router, ctx, call, cache, loadShedder }, () => input)
    if (reading !== undefined) return reading.response.body.toString()
  }
  const getRawInput = async (): Promise<unknown> => input
  return loadShedder.admit(classOf(call), () => resultOf({ router, call, context: ctx(), getRawInput }))
}
