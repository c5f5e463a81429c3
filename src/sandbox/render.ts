import type Stripe from 'stripe'
import type {
  ApiResponse,
  Charge,
  Dispute,
  PaymentIntent,
  PaymentError,
  PendingEvent,
  Refund,
  BalanceTransaction,
} from './model.ts'
import { findTestCard } from './test-cards.ts'
import {
  reversalTransactionIdOf,
  balanceTransactionIdOf,
  balanceTransactionsOfDispute,
} from './balance-transactions.ts'

/** Version of Stripe's API that the objects follow; the SDK's types check them. */
const apiVersion = '2026-10-28.endive'

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** Renders the body of a response. `publicUrl` is the address of the sandbox for the buyer's browser, for 3-D Secure. */
export function renderResponse(response: ApiResponse, publicUrl: string): unknown {
  const intent = response.intent && renderIntent(response.intent, publicUrl)
  if (response.error) {
    const type = response.error.type
    const lastError = type === 'card_error' ? intent?.last_payment_error : undefined
    const method = lastError?.payment_method && { payment_method: lastError.payment_method }
    return { error: { ...response.error, ...(intent && { payment_intent: intent }), ...method } }
  }
  if (response.refund) return renderRefund(response.refund)
  return response.dispute ? renderDispute(response.dispute) : (intent ?? {})
}

export function renderIntent(intent: PaymentIntent, publicUrl: string): Stripe.PaymentIntent {
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
    next_action: renderNextAction(intent, publicUrl),
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

function renderNextAction(intent: PaymentIntent, publicUrl: string): Stripe.PaymentIntent.NextAction | null {
  if (intent.authentication === null) return null
  const url = `${publicUrl}/authenticate/${intent.id}/${intent.authentication}`
  return { type: 'redirect_to_url', redirect_to_url: { url, return_url: intent.returnUrl } }
}

function renderPaymentError(error: PaymentError, intent: PaymentIntent): Stripe.PaymentIntent.LastPaymentError {
  return {
    type: error.type,
    code: error.code,
    ...(error.declineCode !== null && { decline_code: error.declineCode }),
    message: error.message,
    ...(error.charge !== null && { charge: error.charge }),
    payment_method: renderPaymentMethod(error.method, intent.createdAtMs),
  }
}

function renderPaymentMethod(id: string, createdAtMs: number): Stripe.PaymentMethod {
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
    balance_transaction: charge.capturedAtMs === null ? null : balanceTransactionIdOf(charge.id),
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
    balance_transaction: balanceTransactionIdOf(refund.id),
    charge: refund.charge,
    created: seconds(refund.createdAtMs),
    currency: refund.currency,
    customer: null,
    customer_account: null,
    ...(refund.failedAtMs !== null && {
      failure_balance_transaction: reversalTransactionIdOf(refund.id),
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

/** A dispute without evidence: the control endpoint decides it. */
type DisputeWithoutEvidence = Omit<
  Stripe.Dispute,
  'evidence' | 'evidence_details' | 'enhanced_eligibility_types' | 'intended_submission_method'
>

export function renderDispute(dispute: Dispute): DisputeWithoutEvidence {
  return {
    id: dispute.id,
    object: 'dispute',
    amount: dispute.amount,
    balance_transactions: balanceTransactionsOfDispute(dispute).map(renderBalanceTransaction),
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

export function renderBalanceTransaction(transaction: BalanceTransaction): Stripe.BalanceTransaction {
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

function reportingCategory({ type, amount }: BalanceTransaction): string {
  if (type !== 'adjustment') return type
  return amount < 0 ? 'dispute' : 'dispute_reversal'
}

/** Renders the body of an event, the same for each of its deliveries. */
export function renderEvent(event: PendingEvent, publicUrl: string): unknown {
  return {
    id: event.id,
    object: 'event',
    api_version: apiVersion,
    created: seconds(event.createdAtMs),
    data: { object: renderEventObject(event, publicUrl) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: event.requestId, idempotency_key: event.idempotencyKey },
    type: event.type,
  }
}

function renderEventObject({ intent, charge, refund, dispute }: PendingEvent, publicUrl: string): unknown {
  if (intent) return renderIntent(intent, publicUrl)
  if (refund) return renderRefund(refund)
  if (dispute) return renderDispute(dispute)
  return charge && renderCharge(charge)
}
