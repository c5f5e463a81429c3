import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { resourceMissing, toApiError, type ErrorResponse } from './api-error.ts'
import { readCall, writeCall } from './calls.ts'
import type { SandboxContext } from './context.ts'
import { newId, newSecret } from './ids.ts'
import type { Charge, PaymentIntent, Outcome } from './model.ts'
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

/** Endpoints that move money (PaymentIntents, refunds), and retrieval of every object by its id. */
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
        // A create whose confirm is invalid creates no intent.
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
      decide: (params, request, fault) =>
        decideOnIntent(request, (intent) => confirm(intent, params, fault === 'decline')),
    }),
  )

  app.post(
    '/v1/payment_intents/:id/capture',
    writeCall(context, {
      schema: captureParams,
      operations: () => ['capture'],
      decide: (params, request) =>
        decideOnIntent(request, (intent) =>
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
        decideOnIntent(request, (intent) =>
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

  registerRetrieve('payment_intents', { kind: 'payment_intent', prefix: 'pi_', param: 'intent', schema: intentParams })
  registerRetrieve('refunds', { kind: 'refund', prefix: 're_', schema: refundReadParams })
  registerRetrieve('charges', { kind: 'charge', prefix: 'ch_', schema: chargeReadParams })
  registerRetrieve('disputes', { kind: 'dispute', prefix: 'du_', schema: disputeReadParams })
  registerRetrieve('balance_transactions', {
    kind: 'balance transaction',
    prefix: 'txn_',
    schema: transactionReadParams,
  })

  function registerRetrieve(
    path: string,
    object: { kind: string; prefix: string; param?: string; schema: z.ZodType<{ expand?: string[] | undefined }> },
  ): void {
    const { kind, prefix, param = 'id', schema } = object
    const read = readCall(context, schema, (_params, request) => {
      const id = idOf(request)
      const body = id.startsWith(prefix) ? renderById(context, id) : undefined
      if (body === undefined) throw toApiError(resourceMissing(kind, id, param))
      return body
    })
    app.get(`/v1/${path}/:id`, read)
  }

  function decideOnIntent(request: FastifyRequest, decide: (intent: PaymentIntent) => Outcome): Outcome {
    const id = idOf(request)
    const intent = ledger.paymentIntents.get(id)
    return intent ? decide(intent) : { ...resourceMissing('payment_intent', id, 'intent'), events: [] }
  }

  function create(params: ReturnType<typeof createParams.parse>): Outcome {
    const { payment_method: method = null } = params
    if (method !== null && !findTestCard(method)) return unknownPaymentMethod(method)
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

  function confirm(intent: PaymentIntent, params: ConfirmFields, isDeclineForced: boolean): Outcome {
    const method = params.payment_method ?? intent.method
    const card = method === null ? undefined : findTestCard(method)
    if (method !== null && !card) return unknownPaymentMethod(method)
    const updated = params.receipt_email === undefined ? intent : { ...intent, receiptEmail: params.receipt_email }
    return confirmIntent(updated, {
      card,
      chargeId: newId('ch'),
      nowMs: Date.now(),
      returnUrl: params.return_url ?? null,
      authentication: newSecret(),
      isOffSession: params.off_session === true || params.error_on_requires_action === true,
      isDeclineForced,
    })
  }

  function chargeOf(intent: PaymentIntent): Charge | undefined {
    return intent.latestCharge === null ? undefined : ledger.charges.get(intent.latestCharge)
  }

  function chargeToRefund(params: {
    payment_intent?: string | undefined
    charge?: string | undefined
  }): Charge | ErrorResponse {
    if (params.charge !== undefined) {
      const charge = ledger.charges.get(params.charge)
      return charge ? requireRefundable(charge) : resourceMissing('charge', params.charge, 'charge', 404)
    }
    const id = params.payment_intent ?? ''
    const intent = ledger.paymentIntents.get(id)
    if (!intent) return resourceMissing('payment_intent', id, 'payment_intent', 404)
    const charge = chargeOf(intent)
    if (charge && charge.failure === null) return requireRefundable(charge)
    const message = `This PaymentIntent (${id}) does not have a successful charge to refund.`
    return { status: 400, error: { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message } }
  }

  /** Rejects a refund of money that the buyer's bank has withdrawn in a dispute. */
  function requireRefundable(charge: Charge): Charge | ErrorResponse {
    const disputes = ledger.disputes.ownedBy(charge.intent)
    if (disputes.every((dispute) => dispute.charge !== charge.id || dispute.status === 'won')) return charge
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`
    return { status: 400, error: { type: 'invalid_request_error', code: 'charge_disputed', message } }
  }
}

function unknownPaymentMethod(method: string): Outcome {
  return { ...resourceMissing('PaymentMethod', method.slice(0, 100), 'payment_method', 400), events: [] }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id
}
