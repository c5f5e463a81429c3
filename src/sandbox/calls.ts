import type { FastifyReply, FastifyRequest } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { ApiError } from './api-error.ts'
import type { SandboxContext } from './context.ts'
import { expand } from './expand.ts'
import type { Fault, FaultMode, Operation } from './faults.ts'
import { keyedCall, type Claim } from './idempotency.ts'
import type { ApiResponse, Outcome } from './model.ts'
import { renderById } from './objects.ts'
import { parseParams } from './params.ts'
import { renderResponse, renderCharge } from './render.ts'

/** Every call accepts `expand`: the ids to replace by their objects in the response. */
type Expandable = z.ZodType<{ expand?: string[] | undefined }>

interface WriteSpec<Schema extends Expandable> {
  schema: Schema
  /** The operations, in terms of faults, that a call with these parameters performs. */
  operations: (params: z.output<Schema>) => Operation[]
  /** Pure decision: must not wait or change state. `writeCall` makes the outcome durable. */
  decide: (params: z.output<Schema>, request: FastifyRequest, fault: FaultMode | undefined) => Outcome
}

/** Faults of the connection: they hit replayed responses too. */
const transportFaults: FaultMode[] = ['slow', 'hang', 'lose_reply']
const executionFaults: FaultMode[] = [...transportFaults, 'fail', 'late']
/** Faults that replace the outcome of one kind of operation. */
const outcomeFaults: Partial<Record<Operation, FaultMode[]>> = {
  confirm: ['decline'],
  refund: ['pend_refund', 'fail_refund'],
}

/** Handles a POST in this order: parameters, idempotency, faults, decision, commit, response. */
export function writeCall<Schema extends Expandable>(context: SandboxContext, spec: WriteSpec<Schema>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const body = typeof request.body === 'string' ? request.body : ''
    const params = parseParams(spec.schema, body)
    const call = keyedCall(request.headers['idempotency-key'], pathOf(request), body)
    if (call) reply.header('idempotency-key', encodeURI(call.key))
    const claim: Claim = call ? context.ledger.idempotency.claim(call) : { replay: null, release: () => {} }
    try {
      const { replay } = claim
      if (replay) reply.header('idempotent-replayed', 'true')
      const operations = spec.operations(params)
      const outcomes = operations.flatMap((operation) => outcomeFaults[operation] ?? [])
      const fault = context.faults.match(operations, replay ? transportFaults : [...executionFaults, ...outcomes])
      if (!(await reachesExecution(fault, request, context))) return reply.hijack()
      const execute = (): Promise<ApiResponse> => {
        const outcome =
          fault?.mode === 'fail' ? failureOutcome(fault.status) : spec.decide(params, request, fault?.mode)
        return context.ledger.commit(outcome, { call, requestId: request.id })
      }
      const response = replay ?? (await execute())
      return await send(response, fault, { request, reply, context, paths: params.expand ?? [] })
    } finally {
      claim.release()
    }
  }
}

/** Handles a GET. The response waits until the state it shows is durable. */
export function readCall<Schema extends Expandable>(
  context: SandboxContext,
  schema: Schema,
  read: (params: z.output<Schema>, request: FastifyRequest) => unknown,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const params = parseParams(schema, request.raw.url?.split('?')[1] ?? '')
    const fault = context.faults.match(['retrieve'], executionFaults)
    if (!(await reachesExecution(fault, request, context))) return reply.hijack()
    if (fault?.mode === 'fail') return reply.code(fault.status).send({ error: failureOutcome(fault.status).error })
    const body = read(params, request)
    if (params.expand) expand(body, params.expand, (id) => renderById(context, id))
    await context.ledger.flushed()
    await afterExecution(fault, request, context)
    return fault?.mode === 'lose_reply' ? reply.hijack() : reply.send(body)
  }
}

/** API key check in constant time. As at Stripe, the key is a bearer token or the user name of Basic authentication. Throws a 401. */
export function keyChecker(apiKey: string): (request: FastifyRequest) => void {
  const expected = digest(apiKey)
  return (request) => {
    const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ')
    const isBasic = scheme.toLowerCase() === 'basic'
    const key = isBasic ? (Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '') : credentials
    const isKnown = isBasic || scheme.toLowerCase() === 'bearer'
    if (isKnown && timingSafeEqual(digest(key), expected)) return
    const message = isKnown
      ? `Invalid API Key provided: ${key.slice(0, 7)}****`
      : 'You did not provide an API key. Send it as "Authorization: Bearer YOUR_SECRET_KEY".'
    throw new ApiError(401, { type: 'invalid_request_error', message })
  }
}

/** Applies faults that act before execution. False: the connection hung until it closed, or the server closes; send no response. */
async function reachesExecution(
  fault: Fault | undefined,
  request: FastifyRequest,
  { closing }: SandboxContext,
): Promise<boolean> {
  if (fault?.mode === 'hang') {
    await connectionClosed(request)
    return false
  }
  if (fault?.mode !== 'late') return true
  return delay(fault.delayMs, true, { signal: closing }).catch(() => false)
}

async function afterExecution(
  fault: Fault | undefined,
  request: FastifyRequest,
  { closing }: SandboxContext,
): Promise<void> {
  if (fault?.mode === 'slow') await delay(fault.delayMs, undefined, { signal: closing }).catch(() => {})
  if (fault?.mode === 'lose_reply') request.raw.socket.destroy()
}

async function send(
  response: ApiResponse,
  fault: Fault | undefined,
  target: { request: FastifyRequest; reply: FastifyReply; context: SandboxContext; paths: readonly string[] },
): Promise<FastifyReply> {
  const { request, reply, context, paths } = target
  await afterExecution(fault, request, context)
  if (fault?.mode === 'lose_reply') return reply.hijack()
  const body = renderResponse(response, context.publicUrl)
  const { charge } = response
  // A replay shows the charge as it was at the first response.
  expand(body, paths, (id) => (charge?.id === id ? renderCharge(charge) : renderById(context, id)))
  return reply.code(response.status).send(body)
}

function connectionClosed({ raw: { socket } }: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

function failureOutcome(status: number): Outcome {
  const message = 'An unknown error occurred: the fault "fail" is active in the sandbox.'
  return { status, error: { type: 'api_error', message }, events: [] }
}

function pathOf(request: FastifyRequest): string {
  return request.raw.url?.split('?')[0] ?? ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
