import type Stripe from 'stripe'
import type { Answer, Charge, Dispute, Intent, PaymentError, PendingEvent, Refund, Transaction } from './model.ts'
import { findTestCard } from './test-cards.ts'
import { reversalIdOf, transactionIdOf, transactionsOfDispute } from './transactions.ts'

/** Stripe's shapes, checked against the SDK's own types; the sandbox answers as this version of the API. */
const apiVersion = '2026-10-28.endive'

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** The body of an answer. `publicUrl` is where the buyer's browser reaches the sandbox, for 3-D Secure. */
export function renderAnswer(answer: Answer, publicUrl: string): unknown {
  const intent = answer.intent && renderIntent(answer.intent, publicUrl)
  if (answer.error) {
    const type = answer.error.type
    const lastError = type === 'card_error' ? intent?.last_payment_error : undefined
    const method = lastError?.payment_method && { payment_method: lastError.payment_method }
    return { error: { ...answer.error, ...(intent && { payment_intent: intent }), ...method } }
  }
  if (answer.refund) return renderRefund(answer.refund)
  return answer.dispute ? renderDispute(answer.dispute) : (intent ?? {})
}

export function renderIntent(intent: Intent, publicUrl: string): Stripe.PaymentIntent {
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: intent.amount,
    amount_capturable: intent.amountCapturable,
    amount_received: intent.amountReceived,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { enabled: true, allow_redirects: 'always' },
    canceled_at: intent.canceledAtMs === null ? null : seconds(intent.canceledAtMs),
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: seconds(intent.createdAtMs),
    currency: intent.currency,
    customer: null,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: intent.lastError && renderPaymentError(intent.lastError, intent),
    latest_charge: intent.latestCharge,
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: nextAction(intent, publicUrl),
    on_behalf_of: null,
    payment_method: intent.method,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: intent.status,
    transfer_group: null,
  }
}

function nextAction(intent: Intent, publicUrl: string): Stripe.PaymentIntent.NextAction | null {
  if (intent.authentication === null) return null
  const url = `${publicUrl}/authenticate/${intent.id}/${intent.authentication}`
  return { type: 'redirect_to_url', redirect_to_url: { url, return_url: intent.returnUrl } }
}

function renderPaymentError(error: PaymentError, intent: Intent): Stripe.PaymentIntent.LastPaymentError {
  return {
    type: error.type,
    code: error.code,
    ...(error.declineCode !== null && { decline_code: error.declineCode }),
    message: error.message,
    ...(error.charge !== null && { charge: error.charge }),
    payment_method: renderMethod(error.method, intent.createdAtMs),
  }
}

function renderMethod(id: string, createdAtMs: number): Stripe.PaymentMethod {
  const { type = 'card', brand, last4 } = findTestCard(id) ?? {}
  return {
    id,
    object: 'payment_method',
    billing_details: noBillingDetails,
    ...(type === 'card' && { card: { brand, last4, exp_month: 12, exp_year: 2040 } as Stripe.PaymentMethod.Card }),
    created: seconds(createdAtMs),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type,
  }
}

const noBillingDetails = { address: null, email: null, name: null, phone: null, tax_id: null }

export function renderCharge(charge: Charge): Stripe.Charge {
  const { brand = null, last4 = null } = findTestCard(charge.method) ?? {}
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.amountCaptured,
    amount_refunded: charge.isReleased ? charge.amount : charge.amountRefunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: charge.capturedAtMs === null ? null : transactionIdOf(charge.id),
    billing_details: noBillingDetails,
    calculated_statement_descriptor: null,
    captured: charge.capturedAtMs !== null,
    created: seconds(charge.createdAtMs),
    currency: charge.currency,
    customer: null,
    description: charge.description,
    disputed: charge.isDisputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: charge.failure === null,
    payment_intent: charge.intent,
    payment_method: charge.method,
    payment_method_details: { type: 'card', card: { brand, last4 } as Stripe.Charge.PaymentMethodDetails.Card },
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.isReleased || (charge.amountCaptured > 0 && charge.amountRefunded === charge.amountCaptured),
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: charge.failure === null ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  }
}

export function renderRefund(refund: Refund): Stripe.Refund {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    balance_transaction: transactionIdOf(refund.id),
    charge: refund.charge,
    created: seconds(refund.createdAtMs),
    currency: refund.currency,
    customer: null,
    customer_account: null,
    ...(refund.failedAtMs !== null && {
      failure_balance_transaction: reversalIdOf(refund.id),
      failure_reason: 'expired_or_canceled_card',
    }),
    metadata: refund.metadata,
    payment_intent: refund.intent,
    payment_method: null,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  }
}

/** Without evidence: the sandbox's bank decides by what the control endpoint is told. */
type SandboxDispute = Omit<
  Stripe.Dispute,
  'evidence' | 'evidence_details' | 'enhanced_eligibility_types' | 'intended_submission_method'
>

export function renderDispute(dispute: Dispute): SandboxDispute {
  return {
    id: dispute.id,
    object: 'dispute',
    amount: dispute.amount,
    balance_transactions: transactionsOfDispute(dispute).map(renderTransaction),
    charge: dispute.charge,
    created: seconds(dispute.createdAtMs),
    currency: dispute.currency,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: dispute.intent,
    reason: dispute.reason,
    status: dispute.status,
  }
}

export function renderTransaction(transaction: Transaction): Stripe.BalanceTransaction {
  const { id, type, source, createdAtMs, amount, fee, currency, description } = transaction
  const feeDetails = {
    amount: fee,
    application: null,
    currency,
    description: type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
    type: 'stripe_fee',
  }
  return {
    id,
    object: 'balance_transaction',
    amount,
    available_on: seconds(createdAtMs),
    balance_type: 'payments',
    created: seconds(createdAtMs),
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details: fee > 0 ? [feeDetails] : [],
    net: amount - fee,
    reporting_category: reportingCategory(transaction),
    source,
    status: 'available',
    type,
  }
}

function reportingCategory({ type, amount }: Transaction): string {
  if (type !== 'adjustment') return type
  return amount < 0 ? 'dispute' : 'dispute_reversal'
}

/** The body of a webhook: the same for each of its deliveries. */
export function renderEvent(event: PendingEvent, publicUrl: string): unknown {
  return {
    id: event.id,
    object: 'event',
    api_version: apiVersion,
    created: seconds(event.createdAtMs),
    data: { object: renderSubject(event, publicUrl) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: event.requestId, idempotency_key: event.idempotencyKey },
    type: event.type,
  }
}

function renderSubject({ intent, charge, refund, dispute }: PendingEvent, publicUrl: string): unknown {
  if (intent) return renderIntent(intent, publicUrl)
  if (refund) return renderRefund(refund)
  if (dispute) return renderDispute(dispute)
  return charge && renderCharge(charge)
}
