import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ApiError, invalidRequest } from './api-error.ts'
import { authenticate } from './authentication.ts'
import type { SandboxContext } from './context.ts'
import { faultSchema, faultsMax, type Fault } from './faults.ts'
import type { Intent } from './model.ts'
import { renderAnswer } from './render.ts'

const ledgerQuery = z.strictObject({
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
const outcomeBody = z.strictObject({ outcome: z.enum(['authorise', 'fail']) })

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

  app.get('/_sandbox/ledger', async (request) => {
    const { after, limit } = parse(ledgerQuery, request.query)
    if (after !== undefined && !ledger.intents.get(after))
      throw invalidRequest(`There is no intent ${after}.`, { param: 'after' })
    const { items, hasMore } = ledger.intents.following(after, limit)
    const data = items.map((intent) => truthOf(intent))
    await ledger.settled()
    return { data, has_more: hasMore, next: hasMore ? (items.at(-1)?.id ?? null) : null }
  })

  app.get('/_sandbox/summary', async () => {
    const currencies: Record<string, ReturnType<typeof emptyTotals>> = {}
    for (const intent of ledger.intents.all()) {
      const totals = (currencies[intent.currency] ??= emptyTotals())
      const { captured, refunded, captures } = truthOf(intent)
      totals.intents++
      totals.statuses[intent.status] = (totals.statuses[intent.status] ?? 0) + 1
      totals.captures += captures
      totals.captured += captured
      totals.refunded += refunded
      totals.net += captured - refunded
    }
    await ledger.settled()
    return {
      currencies,
      charges: ledger.charges.size,
      refunds: ledger.refunds.size,
      idempotency_keys: ledger.idempotency.size,
      webhooks_pending: context.webhooks?.pending ?? 0,
      faults: faults.list().length,
    }
  })

  /** Counted from the charges and refunds themselves, not from what the intent says of them. */
  function truthOf(intent: Intent) {
    const charges = ledger.charges.ownedBy(intent.id)
    const captures = charges.filter((charge) => charge.capturedAtMs !== null)
    return {
      id: intent.id,
      created_at: new Date(intent.createdAtMs).toISOString(),
      status: intent.status,
      amount: intent.amount,
      currency: intent.currency,
      metadata: intent.metadata,
      authorised: intent.amountCapturable,
      captured: captures.reduce((sum, charge) => sum + charge.amountCaptured, 0),
      captures: captures.length,
      attempts: charges.length,
      refunded: ledger.refunds.ownedBy(intent.id).reduce((sum, refund) => sum + refund.amount, 0),
    }
  }
}

function emptyTotals() {
  const statuses: Partial<Record<Intent['status'], number>> = {}
  return { intents: 0, statuses, captures: 0, captured: 0, refunded: 0, net: 0 }
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
