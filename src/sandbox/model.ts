/** The sandbox's state. Times are ms since 1970, amounts minor units. Property names are the journal's format; render.ts converts to Stripe's objects. */

export type PaymentIntentStatus =
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

/** A payment from its creation to success or cancellation. */
export interface PaymentIntent {
  id: string
  clientSecret: string
  createdAtMs: number
  status: PaymentIntentStatus
  amount: number
  amountCapturable: number
  amountReceived: number
  currency: string
  captureMethod: (typeof captureMethods)[number]
  metadata: Metadata
  description: string | null
  receiptEmail: string | null
  /** Address that the buyer's browser returns to after 3-D Secure. */
  returnUrl: string | null
  method: string | null
  latestCharge: string | null
  lastError: PaymentError | null
  /** Secret token in the address of the 3-D Secure page; set while the status is requires_action. */
  authentication: string | null
  canceledAtMs: number | null
  cancellationReason: (typeof cancellationReasons)[number] | null
}

/** One attempt to charge a PaymentIntent. */
export interface Charge {
  id: string
  intent: string
  createdAtMs: number
  amount: number
  amountCaptured: number
  /** Refunded part of the captured amount; a released authorisation does not count as refunded. */
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

/** Money of a charge that returns to the buyer. */
interface ReturnedFunds {
  id: string
  intent: string
  charge: string
  createdAtMs: number
  amount: number
  currency: string
}

export interface Refund extends ReturnedFunds {
  reason: (typeof refundReasons)[number] | null
  metadata: Metadata
  status: RefundStatus
  /** Time at which the amount returned to the shop's balance. */
  failedAtMs: number | null
}

/** Dispute: the buyer's bank withdraws the money of a charge, and returns it if the shop wins. */
export interface Dispute extends ReturnedFunds {
  reason: string
  status: 'needs_response' | 'won' | 'lost'
  closedAtMs: number | null
}

/** A movement of the shop's balance at the provider. Derived from its source, never stored. */
export interface BalanceTransaction {
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

/** An event still to be delivered, with its object as it was when the event occurred. */
export interface PendingEvent {
  id: string
  type: EventType
  createdAtMs: number
  intent?: PaymentIntent
  charge?: Charge
  refund?: Refund
  dispute?: Dispute
  requestId: string | null
  idempotencyKey: string | null
}

/** The `error` of a response, in Stripe's format. */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  param?: string
  decline_code?: string
  charge?: string
}

/** Response to a call, kept under its idempotency key. Each replay renders it again, always to the same body. */
export interface ApiResponse {
  status: number
  error?: ErrorBody
  intent?: PaymentIntent
  /** The latest charge of the intent at that time. */
  charge?: Charge
  refund?: Refund
  dispute?: Dispute
}

/** Changes and response of one execution, made durable atomically. */
export interface Outcome extends ApiResponse {
  events: EventType[]
}
