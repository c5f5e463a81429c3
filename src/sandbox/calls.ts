import type { FastifyReply, FastifyRequest } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { ApiError } from './api-error.ts'
import type { SandboxContext } from './context.ts'
import { expand } from './expand.ts'
import type { Fault, FaultMode, Operation } from './faults.ts'
import { keyedCall, type Claim } from './idempotency.ts'
import type { Answer, Outcome } from './model.ts'
import { renderById } from './objects.ts'
import { parseParams } from './params.ts'
import { renderAnswer, renderCharge } from './render.ts'

/** Every call can be asked to expand some of the ids in its answer. */
type Expandable = z.ZodType<{ expand?: string[] | undefined }>

interface WriteSpec<Schema extends Expandable> {
  schema: Schema
  /** The operations that a call with these parameters counts as. */
  operations: (params: z.output<Schema>) => Operation[]
  /** Decides and does no more: the caller makes the outcome durable. Must not wait. */
  decide: (params: z.output<Schema>, request: FastifyRequest, fault: FaultMode | undefined) => Outcome
}

/** On the wire only: they hit replayed answers too. */
const transportFaults: FaultMode[] = ['slow', 'hang', 'lose_reply']
const executionFaults: FaultMode[] = [...transportFaults, 'fail', 'late']
/** What one operation alone can come to. */
const outcomeFaults: Partial<Record<Operation, FaultMode[]>> = {
  confirm: ['decline'],
  refund: ['pend_refund', 'fail_refund'],
}

/** Handles a POST: parameters, idempotency, faults, decision, disk, answer, in this order. */
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
      const called = spec.operations(params)
      const outcomes = called.flatMap((operation) => outcomeFaults[operation] ?? [])
      const fault = context.faults.take(called, replay ? transportFaults : [...executionFaults, ...outcomes])
      if (!(await reachesExecution(fault, request, context))) return reply.hijack()
      const execute = (): Promise<Answer> => {
        const outcome = fault?.mode === 'fail' ? failure(fault.status) : spec.decide(params, request, fault?.mode)
        return context.ledger.commit(outcome, { call, requestId: request.id })
      }
      const answer = replay ?? (await execute())
      return await send(answer, fault, { request, reply, context, paths: params.expand ?? [] })
    } finally {
      claim.release()
    }
  }
}

/** Handles a GET; what it shows is durable. */
export function readCall<Schema extends Expandable>(
  context: SandboxContext,
  schema: Schema,
  read: (params: z.output<Schema>, request: FastifyRequest) => unknown,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const params = parseParams(schema, request.raw.url?.split('?')[1] ?? '')
    const fault = context.faults.take(['retrieve'], executionFaults)
    if (!(await reachesExecution(fault, request, context))) return reply.hijack()
    if (fault?.mode === 'fail') return reply.code(fault.status).send({ error: failure(fault.status).error })
    const body = read(params, request)
    if (params.expand) expand(body, params.expand, (id) => renderById(context, id))
    await context.ledger.settled()
    await afterExecution(fault, request, context)
    return fault?.mode === 'lose_reply' ? reply.hijack() : reply.send(body)
  }
}

/** Stripe takes the key as a bearer token or as the user of Basic; compared in constant time. */
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

/** False where the client is never to be answered: it hung until its connection closed, or the server closes. */
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
  answer: Answer,
  fault: Fault | undefined,
  sending: { request: FastifyRequest; reply: FastifyReply; context: SandboxContext; paths: readonly string[] },
): Promise<FastifyReply> {
  const { request, reply, context, paths } = sending
  await afterExecution(fault, request, context)
  if (fault?.mode === 'lose_reply') return reply.hijack()
  const body = renderAnswer(answer, context.publicUrl)
  const { charge } = answer
  // A replay shows the charge as it was.
  expand(body, paths, (id) => (charge?.id === id ? renderCharge(charge) : renderById(context, id)))
  return reply.code(answer.status).send(body)
}

function connectionClosed({ raw: { socket } }: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

function failure(status: number): Outcome {
  const message = 'An unknown error occurred: the sandbox was told to fail.'
  return { status, error: { type: 'api_error', message }, events: [] }
}

function pathOf(request: FastifyRequest): string {
  return request.raw.url?.split('?')[0] ?? ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
