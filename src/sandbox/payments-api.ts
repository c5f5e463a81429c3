import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { missing, rejection, type ErrorAnswer } from './api-error.ts'
import { readCall, writeCall } from './calls.ts'
import type { SandboxContext } from './context.ts'
import { newId, newSecret } from './ids.ts'
import type { Charge, Intent, Outcome } from './model.ts'
import { renderById } from './objects.ts'
import {
  cancelParams,
  captureParams,
  chargeReadParams,
  confirmParams,
  createParams,
  disputeReadParams,
  intentParams,
  refundParams,
  refundReadParams,
  transactionReadParams,
} from './params.ts'
import { cancelIntent, captureIntent, confirmIntent, createIntent } from './payment-intents.ts'
import { refundCharge } from './refunds.ts'
import { findTestCard } from './test-cards.ts'

type ConfirmFields = ReturnType<typeof confirmParams.parse>

/** `/v1/payment_intents` and `/v1/refunds` by their ids: everything that moves money. */
export function registerPayments(app: FastifyInstance, context: SandboxContext): void {
  const { ledger } = context

  app.post(
    '/v1/payment_intents',
    writeCall(context, {
      schema: createParams,
      operations: ({ confirm: confirms }) => (confirms ? ['create', 'confirm'] : ['create']),
      decide: (params, _request, fault) => {
        const created = create(params)
        if (!params.confirm || created.intent === undefined) return created
        const confirmed = confirm(created.intent, params, fault === 'decline')
        // An intent whose first confirm cannot even be tried is not created at all.
        if (confirmed.events.length === 0) {
          const { status, error } = confirmed
          return { status, ...(error && { error }), events: [] }
        }
        return { ...confirmed, events: [...created.events, ...confirmed.events] }
      },
    }),
  )

  app.post(
    '/v1/payment_intents/:id/confirm',
    writeCall(context, {
      schema: confirmParams,
      operations: () => ['confirm'],
      decide: (params, request, fault) => onIntent(request, (intent) => confirm(intent, params, fault === 'decline')),
    }),
  )

  app.post(
    '/v1/payment_intents/:id/capture',
    writeCall(context, {
      schema: captureParams,
      operations: () => ['capture'],
      decide: (params, request) =>
        onIntent(request, (intent) =>
          captureIntent(intent, chargeOf(intent), params.amount_to_capture ?? null, Date.now()),
        ),
    }),
  )

  app.post(
    '/v1/payment_intents/:id/cancel',
    writeCall(context, {
      schema: cancelParams,
      operations: () => ['cancel'],
      decide: (params, request) =>
        onIntent(request, (intent) =>
          cancelIntent(intent, chargeOf(intent), params.cancellation_reason ?? null, Date.now()),
        ),
    }),
  )

  app.post(
    '/v1/refunds',
    writeCall(context, {
      schema: refundParams,
      operations: () => ['refund'],
      decide: (params, _request, fault) => {
        const charge = chargeToRefund(params)
        if ('status' in charge) return { ...charge, events: [] }
        const { amount = null, reason = null, metadata = {} } = params
        const status = fault === 'pend_refund' ? 'pending' : fault === 'fail_refund' ? 'failed' : 'succeeded'
        return refundCharge(charge, { id: newId('re'), createdAtMs: Date.now(), amount, reason, metadata, status })
      },
    }),
  )

  one('payment_intents', { kind: 'payment_intent', prefix: 'pi_', param: 'intent', schema: intentParams })
  one('refunds', { kind: 'refund', prefix: 're_', schema: refundReadParams })
  one('charges', { kind: 'charge', prefix: 'ch_', schema: chargeReadParams })
  one('disputes', { kind: 'dispute', prefix: 'du_', schema: disputeReadParams })
  one('balance_transactions', { kind: 'balance transaction', prefix: 'txn_', schema: transactionReadParams })

  function one(
    path: string,
    object: { kind: string; prefix: string; param?: string; schema: z.ZodType<{ expand?: string[] | undefined }> },
  ): void {
    const { kind, prefix, param = 'id', schema } = object
    const read = readCall(context, schema, (_params, request) => {
      const id = idOf(request)
      const body = id.startsWith(prefix) ? renderById(context, id) : undefined
      if (body === undefined) throw rejection(missing(kind, id, param))
      return body
    })
    app.get(`/v1/${path}/:id`, read)
  }

  function onIntent(request: FastifyRequest, decide: (intent: Intent) => Outcome): Outcome {
    const id = idOf(request)
    const intent = ledger.intents.get(id)
    return intent ? decide(intent) : { ...missing('payment_intent', id, 'intent'), events: [] }
  }

  function create(params: ReturnType<typeof createParams.parse>): Outcome {
    const { payment_method: method = null } = params
    if (method !== null && !findTestCard(method)) return unknownMethod(method)
    const id = newId('pi')
    return createIntent({
      id,
      clientSecret: `${id}_secret_${newSecret()}`,
      createdAtMs: Date.now(),
      amount: params.amount,
      currency: params.currency,
      captureMethod: params.capture_method ?? 'automatic_async',
      metadata: params.metadata ?? {},
      description: params.description ?? null,
      receiptEmail: params.receipt_email ?? null,
      returnUrl: params.return_url ?? null,
      method,
    })
  }

  function confirm(intent: Intent, params: ConfirmFields, isRefused: boolean): Outcome {
    const method = params.payment_method ?? intent.method
    const card = method === null ? undefined : findTestCard(method)
    if (method !== null && !card) return unknownMethod(method)
    const updated = params.receipt_email === undefined ? intent : { ...intent, receiptEmail: params.receipt_email }
    return confirmIntent(updated, {
      card,
      chargeId: newId('ch'),
      nowMs: Date.now(),
      returnUrl: params.return_url ?? null,
      authentication: newSecret(),
      isUnattended: params.off_session === true || params.error_on_requires_action === true,
      isRefused,
    })
  }

  function chargeOf(intent: Intent): Charge | undefined {
    return intent.latestCharge === null ? undefined : ledger.charges.get(intent.latestCharge)
  }

  function chargeToRefund(params: {
    payment_intent?: string | undefined
    charge?: string | undefined
  }): Charge | ErrorAnswer {
    if (params.charge !== undefined) {
      const charge = ledger.charges.get(params.charge)
      return charge ? undisputed(charge) : missing('charge', params.charge, 'charge', 404)
    }
    const id = params.payment_intent ?? ''
    const intent = ledger.intents.get(id)
    if (!intent) return missing('payment_intent', id, 'payment_intent', 404)
    const charge = chargeOf(intent)
    if (charge && charge.failure === null) return undisputed(charge)
    const message = `This PaymentIntent (${id}) does not have a successful charge to refund.`
    return { status: 400, error: { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message } }
  }

  /** What the buyer's bank has taken back cannot be given back as well. */
  function undisputed(charge: Charge): Charge | ErrorAnswer {
    const disputes = ledger.disputes.ownedBy(charge.intent)
    if (disputes.every((dispute) => dispute.charge !== charge.id || dispute.status === 'won')) return charge
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`
    return { status: 400, error: { type: 'invalid_request_error', code: 'charge_disputed', message } }
  }
}

function unknownMethod(method: string): Outcome {
  return { ...missing('PaymentMethod', method.slice(0, 100), 'payment_method', 400), events: [] }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id
}
