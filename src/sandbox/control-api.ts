import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ApiError, invalidRequest, missing, rejection } from './api-error.ts'
import { authenticate } from './authentication.ts'
import type { SandboxContext } from './context.ts'
import { faultSchema, faultsMax, type Fault } from './faults.ts'
import { closeDispute, openDispute } from './disputes.ts'
import { newId } from './ids.ts'
import type { Outcome } from './model.ts'
import { settleRefund } from './refunds.ts'
import { renderAnswer } from './render.ts'
import { totalsOf, truthOf } from './truth.ts'

const ledgerQuery = z.strictObject({
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
const outcomeBody = z.strictObject({ outcome: z.enum(['authorise', 'fail']) })
const disputeBody = z.strictObject({
  payment_intent: z.string().max(100),
  reason: z.string().min(1).max(100).default('fraudulent'),
})
const verdictBody = z.strictObject({ status: z.enum(['won', 'lost']) })
const settleBody = z.strictObject({ status: z.enum(['succeeded', 'failed']) })

/** `/_sandbox/...`: the switches and the provider's own truth, for tests; for clients on this machine alone, without a key. */
export function registerControl(app: FastifyInstance, context: SandboxContext): void {
  const { ledger, faults } = context

  app.addHook('onRequest', async (request) => {
    if (!isLoopback(request.raw.socket.remoteAddress)) {
      throw new ApiError(403, {
        type: 'invalid_request_error',
        message: 'Only clients on the same machine may use this.',
      })
    }
    context.connections.usedForControl(request.raw.socket)
  })

  app.post('/_sandbox/faults', async (request, reply) => {
    const fault = faults.add(parse(faultSchema, request.body))
    if (!fault) throw invalidRequest(`At most ${faultsMax} faults can be active at once. Switch some off first.`)
    if (isTotalOutage(fault)) context.connections.destroyApi()
    return reply.code(201).send(fault)
  })
  app.get('/_sandbox/faults', async () => ({ data: faults.list() }))
  app.delete('/_sandbox/faults', async () => {
    faults.clear()
    return { data: [] }
  })
  app.delete('/_sandbox/faults/:id', async (request) => {
    const { id } = request.params as { id: string }
    if (faults.remove(id)) return { data: faults.list() }
    throw new ApiError(404, { type: 'invalid_request_error', message: `No fault ${id} is active.` })
  })

  app.post('/_sandbox/payment_intents/:id/authenticate', async (request, reply) => {
    const { outcome } = parse(outcomeBody, request.body)
    const { id } = request.params as { id: string }
    const answer = await authenticate(ledger, { id, isAuthorised: outcome === 'authorise', requestId: request.id })
    return reply.code(answer.status).send(renderAnswer(answer, context.publicUrl))
  })

  registerBank(app, context)

  app.get('/_sandbox/ledger', async (request) => {
    const { after, limit } = parse(ledgerQuery, request.query)
    if (after !== undefined && !ledger.intents.get(after))
      throw invalidRequest(`There is no intent ${after}.`, { param: 'after' })
    const { items, hasMore } = ledger.intents.following(after, limit)
    const data = items.map((intent) => truthOf(ledger, intent))
    await ledger.settled()
    return { data, has_more: hasMore, next: hasMore ? (items.at(-1)?.id ?? null) : null }
  })

  app.get('/_sandbox/summary', async () => {
    const currencies = totalsOf(ledger)
    await ledger.settled()
    return {
      currencies,
      charges: ledger.charges.size,
      refunds: ledger.refunds.size,
      disputes: ledger.disputes.size,
      idempotency_keys: ledger.idempotency.size,
      webhooks_pending: context.webhooks?.pending ?? 0,
      faults: faults.list().length,
    }
  })
}

/** What the buyers' banks do: disputes, and what becomes of a refund. */
function registerBank(app: FastifyInstance, context: SandboxContext): void {
  const { ledger } = context

  app.post('/_sandbox/disputes', async (request, reply) => {
    const { payment_intent: intent, reason } = parse(disputeBody, request.body)
    const captured = ledger.charges.ownedBy(intent).find((charge) => charge.capturedAtMs !== null)
    if (!captured) throw invalidRequest(`Nothing was captured of ${intent}.`, { param: 'payment_intent' })
    const outcome = openDispute(captured, { id: newId('du'), createdAtMs: Date.now(), reason })
    return answer(outcome, request, reply)
  })
  app.post('/_sandbox/disputes/:id/close', async (request, reply) => {
    const { status } = parse(verdictBody, request.body)
    const { id } = request.params as { id: string }
    const dispute = ledger.disputes.get(id)
    if (!dispute) throw rejection(missing('dispute', id, 'id'))
    return answer(closeDispute(dispute, status, Date.now()), request, reply)
  })
  app.post('/_sandbox/refunds/:id/settle', async (request, reply) => {
    const { status } = parse(settleBody, request.body)
    const { id } = request.params as { id: string }
    const refund = ledger.refunds.get(id)
    const charge = refund && ledger.charges.get(refund.charge)
    if (!refund || !charge) throw rejection(missing('refund', id, 'id'))
    return answer(settleRefund(refund, charge, status, Date.now()), request, reply)
  })

  async function answer(outcome: Outcome, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const committed = await ledger.commit(outcome, { call: null, requestId: request.id })
    return reply.code(committed.status).send(renderAnswer(committed, context.publicUrl))
  }
}

function isTotalOutage(fault: Fault): boolean {
  return fault.mode === 'down' && fault.operation === 'any' && fault.probability === 1
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {})
  if (!parsed.success) throw invalidRequest(z.prettifyError(parsed.error))
  return parsed.data
}

function isLoopback(address = ''): boolean {
  return address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.')
}
