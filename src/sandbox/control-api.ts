import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ApiError, invalidRequest, resourceMissing, toApiError } from './api-error.ts'
import { authenticate } from './authentication.ts'
import type { SandboxContext } from './context.ts'
import { faultSchema, faultsMax, type Fault } from './faults.ts'
import { closeDispute, openDispute } from './disputes.ts'
import { newId } from './ids.ts'
import type { Outcome } from './model.ts'
import { settleRefund } from './refunds.ts'
import { renderResponse } from './render.ts'
import { currencyTotals, paymentReport } from './ledger-report.ts'

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

/** `/_sandbox/...`: faults, simulated banks and ledger reports, for tests. Open to clients on this machine only, without a key. */
export function registerControl(app: FastifyInstance, context: SandboxContext): void {
  const { ledger, faults } = context

  app.addHook('onRequest', async (request) => {
    if (!isLoopback(request.raw.socket.remoteAddress)) {
      throw new ApiError(403, {
        type: 'invalid_request_error',
        message: 'The control endpoints accept clients on the same machine only.',
      })
    }
    context.connections.untrackApi(request.raw.socket)
  })

  app.post('/_sandbox/faults', async (request, reply) => {
    const fault = faults.add(parseInput(faultSchema, request.body))
    if (!fault)
      throw invalidRequest(`At most ${faultsMax} faults can be active at the same time. Switch one off first.`)
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
    const { outcome } = parseInput(outcomeBody, request.body)
    const { id } = request.params as { id: string }
    const response = await authenticate(ledger, { id, isAuthorised: outcome === 'authorise', requestId: request.id })
    return reply.code(response.status).send(renderResponse(response, context.publicUrl))
  })

  registerBankEndpoints(app, context)

  app.get('/_sandbox/ledger', async (request) => {
    const { after, limit } = parseInput(ledgerQuery, request.query)
    if (after !== undefined && !ledger.paymentIntents.get(after))
      throw invalidRequest(`There is no intent ${after}.`, { param: 'after' })
    const { items, hasMore } = ledger.paymentIntents.listAfter(after, limit)
    const data = items.map((intent) => paymentReport(ledger, intent))
    await ledger.flushed()
    return { data, has_more: hasMore, next: hasMore ? (items.at(-1)?.id ?? null) : null }
  })

  app.get('/_sandbox/summary', async () => {
    const currencies = currencyTotals(ledger)
    await ledger.flushed()
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

/** The actions of buyers' banks: opening and closing disputes, settling refunds. */
function registerBankEndpoints(app: FastifyInstance, context: SandboxContext): void {
  const { ledger } = context

  app.post('/_sandbox/disputes', async (request, reply) => {
    const { payment_intent: intent, reason } = parseInput(disputeBody, request.body)
    const captured = ledger.charges.ownedBy(intent).find((charge) => charge.capturedAtMs !== null)
    if (!captured) throw invalidRequest(`Nothing was captured of ${intent}.`, { param: 'payment_intent' })
    const outcome = openDispute(captured, { id: newId('du'), createdAtMs: Date.now(), reason })
    return commit(outcome, request, reply)
  })
  app.post('/_sandbox/disputes/:id/close', async (request, reply) => {
    const { status } = parseInput(verdictBody, request.body)
    const { id } = request.params as { id: string }
    const dispute = ledger.disputes.get(id)
    if (!dispute) throw toApiError(resourceMissing('dispute', id, 'id'))
    return commit(closeDispute(dispute, status, Date.now()), request, reply)
  })
  app.post('/_sandbox/refunds/:id/settle', async (request, reply) => {
    const { status } = parseInput(settleBody, request.body)
    const { id } = request.params as { id: string }
    const refund = ledger.refunds.get(id)
    const charge = refund && ledger.charges.get(refund.charge)
    if (!refund || !charge) throw toApiError(resourceMissing('refund', id, 'id'))
    return commit(settleRefund(refund, charge, status, Date.now()), request, reply)
  })

  async function commit(outcome: Outcome, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const committed = await ledger.commit(outcome, { call: null, requestId: request.id })
    return reply.code(committed.status).send(renderResponse(committed, context.publicUrl))
  }
}

function isTotalOutage(fault: Fault): boolean {
  return fault.mode === 'down' && fault.operation === 'any' && fault.probability === 1
}

function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {})
  if (!parsed.success) throw invalidRequest(z.prettifyError(parsed.error))
  return parsed.data
}

function isLoopback(address = ''): boolean {
  return address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.')
}
