/** What the sandbox keeps. Times are milliseconds since 1970, amounts minor units; Stripe's own shapes are made in render.ts. */

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled'

export const captureMethods = ['automatic', 'automatic_async', 'manual'] as const
export const cancellationReasons = ['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'] as const
export const refundReasons = ['duplicate', 'fraudulent', 'requested_by_customer'] as const

export type RefundStatus = 'pending' | 'succeeded' | 'failed'

export type Metadata = Record<string, string>

export interface Intent {
  id: string
  clientSecret: string
  createdAtMs: number
  status: IntentStatus
  amount: number
  amountCapturable: number
  amountReceived: number
  currency: string
  captureMethod: (typeof captureMethods)[number]
  metadata: Metadata
  description: string | null
  receiptEmail: string | null
  /** Where the buyer's browser goes after 3-D Secure. */
  returnUrl: string | null
  method: string | null
  latestCharge: string | null
  lastError: PaymentError | null
  /** Unguessable part of the 3-D Secure page's address; set while the status is requires_action. */
  authentication: string | null
  canceledAtMs: number | null
  cancellationReason: (typeof cancellationReasons)[number] | null
}

/** One attempt to take the money of an intent. */
export interface Charge {
  id: string
  intent: string
  createdAtMs: number
  amount: number
  amountCaptured: number
  /** Of the captured money; an authorisation that is let go counts as released, not as refunded. */
  amountRefunded: number
  isReleased: boolean
  capturedAtMs: number | null
  isDisputed: boolean
  currency: string
  method: string
  failure: Decline | null
  metadata: Metadata
  description: string | null
  receiptEmail: string | null
}

/** Money of a charge that goes back. */
interface GivenBack {
  id: string
  intent: string
  charge: string
  createdAtMs: number
  amount: number
  currency: string
}

export interface Refund extends GivenBack {
  reason: (typeof refundReasons)[number] | null
  metadata: Metadata
  status: RefundStatus
  /** When the money came back to the shop's balance. */
  failedAtMs: number | null
}

/** The buyer's bank takes the money of a charge back, until the dispute is won. */
export interface Dispute extends GivenBack {
  reason: string
  status: 'needs_response' | 'won' | 'lost'
  closedAtMs: number | null
}

/** A movement of the shop's balance at the provider; made from what caused it, never kept. */
export interface Transaction {
  id: string
  type: 'charge' | 'refund' | 'refund_failure' | 'adjustment'
  source: string
  createdAtMs: number
  /** Signed, before the fee. */
  amount: number
  fee: number
  currency: string
  description: string | null
}

export interface Decline {
  code: string
  declineCode: string | null
  message: string
}

export interface PaymentError extends Decline {
  type: 'card_error' | 'invalid_request_error'
  method: string
  charge: string | null
}

export type EventType =
  | 'payment_intent.created'
  | 'payment_intent.processing'
  | 'payment_intent.requires_action'
  | 'payment_intent.amount_capturable_updated'
  | 'payment_intent.succeeded'
  | 'payment_intent.payment_failed'
  | 'payment_intent.canceled'
  | 'charge.refunded'
  | 'refund.created'
  | 'refund.updated'
  | 'refund.failed'
  | 'charge.dispute.created'
  | 'charge.dispute.funds_withdrawn'
  | 'charge.dispute.funds_reinstated'
  | 'charge.dispute.closed'

/** A webhook that is still to be delivered, with what it tells of as it was at that moment. */
export interface PendingEvent {
  id: string
  type: EventType
  createdAtMs: number
  intent?: Intent
  charge?: Charge
  refund?: Refund
  dispute?: Dispute
  requestId: string | null
  idempotencyKey: string | null
}

/** The `error` of an answer, in Stripe's words. */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  param?: string
  decline_code?: string
  charge?: string
}

/** What a call is answered with, kept under its idempotency key; rendered anew for each replay, always to the same body. */
export interface Answer {
  status: number
  error?: ErrorBody
  intent?: Intent
  /** The charge of the intent as it was then. */
  charge?: Charge
  refund?: Refund
  dispute?: Dispute
}

/** What one execution changes and answers: the unit that is durable as a whole or not at all. */
export interface Outcome extends Answer {
  events: EventType[]
}
