import type { Money } from '#schemas'

/** The state of a payment, in terms that fit every provider. */
export type PaymentResult =
  /** Waits for confirmation with a payment method: new, or after a decline. */
  | { status: 'open' }
  /** The buyer must act: at this address (the bank's page), or with the QR code that contains it. */
  | { status: 'requires_action'; url: string | null }
  /** The provider has not finished; look up again later. */
  | { status: 'processing' }
  /** The money is held until it is captured or voided. */
  | { status: 'authorised'; amountMinor: number }
  /** `feeMinor`: the provider's fee, in the payment's currency; null while unknown, and `lookUp` returns it later. */
  | { status: 'captured'; amountMinor: number; feeMinor: number | null }
  | { status: 'declined'; code: string }
  | { status: 'voided' }

export type RefundStatus = 'pending' | 'succeeded' | 'failed'
export type DisputeStatus = 'opened' | 'won' | 'lost'

/** A webhook event about an order of this shop. Events may arrive twice, late, or before the shop's own commit. */
export type PaymentEvent = PaymentStatusEvent | RefundEvent | DisputeEvent

interface WebhookEvent {
  /** The same for every delivery of the event. */
  eventId: string
  intentId: string
}

export interface PaymentStatusEvent extends WebhookEvent {
  kind: 'payment'
  orderId: string
  result: PaymentResult
}

export interface RefundEvent extends WebhookEvent {
  kind: 'refund'
  /** Null, as is `refundId`, for a refund made in the provider's dashboard: `intentId` finds the order. */
  orderId: string | null
  /** The shop's id, as passed to `refund`. */
  refundId: string | null
  providerRefundId: string
  amount: Money
  /** A succeeded refund may still fail, when the buyer's bank returns it. */
  status: RefundStatus
}

/** The buyer's bank has taken money back. An inquiry that has moved no money is no dispute event. */
export interface DisputeEvent extends WebhookEvent {
  kind: 'dispute'
  /** Null where the provider does not report it (Stripe): `intentId` finds the order. */
  orderId: string | null
  disputeId: string
  amount: Money
  /** The provider's total fee for the dispute so far; the verdict may change it. */
  feeMinor: number
  reason: string
  status: DisputeStatus
}

/** One movement of money in the provider's own ledger, for reconciliation. */
export interface ProviderMovement {
  /** The provider's id of the movement. */
  id: string
  kind: 'capture' | 'refund' | 'refund_failed' | 'dispute' | 'dispute_won' | 'other'
  /** Null where the provider does not link it to an order of this shop. */
  orderId: string | null
  intentId: string | null
  /**
   * Signed change of the shop's balance at the provider, before fees: captures positive, refunds and disputes negative.
   * In the payment's currency, even where the provider has exchanged it.
   */
  amount: Money
  /** The provider's fee, minor units of the same currency; negative only where a fee was given back. */
  feeMinor: number
  at: Date
}

/**
 * A payment provider behind its circuit breaker. Every call that can move money takes an idempotency key, which stays
 * the same until the result is definite. Calls throw OutboundError when the result is not definite and
 * PaymentRejectedError when the provider rejects the request; a declined card is a result.
 *
 * A provider that sends the buyer to its own page (Alipay, WeChat Pay) fits too: `open` passes the shop's trade number
 * as its id, `confirm` (without token) returns `requires_action` with the page's address or the code to scan, `lookUp`
 * and the webhook report the result, `void` closes the trade, and `capturesLater` is false.
 */
export interface PaymentProvider {
  /** The name stored with orders, such as `stripe`. */
  readonly name: string
  /** Whether the provider can hold money now and capture it later. */
  readonly capturesLater: boolean
  /** Whether the amount is within the provider's known limits; `open` rejects others for good. */
  accepts(amount: Money): boolean
  /**
   * Opens a payment at the provider; nothing is charged.
   * @param request.capture `later` holds the money when it is confirmed, until `capture` or `void`
   */
  open(request: {
    orderId: string
    amount: Money
    capture: 'now' | 'later'
    key: string
  }): Promise<{ intentId: string }>
  /**
   * Charges the buyer's payment method, or holds the money on it.
   * @param request.token the provider's token for the buyer's card or wallet; null where the buyer chooses on the
   *   provider's page, or the payment has one already
   * @param request.returnUrl where the buyer's bank sends the buyer back to
   */
  confirm(request: {
    intentId: string
    token: string | null
    returnUrl: string | null
    key: string
  }): Promise<PaymentResult>
  /** The payment's current state. */
  lookUp(intentId: string): Promise<PaymentResult>
  /**
   * Captures held money and releases the rest.
   * @returns the payment's state, even where an earlier call has brought it there
   * @throws PaymentRejectedError when the amount is more than is held
   */
  capture(request: { intentId: string; amount: Money; key: string }): Promise<PaymentResult>
  /** Cancels a payment that was not captured. @returns the payment's state, which may be `captured` */
  void(request: { intentId: string; key: string }): Promise<PaymentResult>
  /**
   * Refunds captured money.
   * @param request.mayExist look for a refund with this `refundId` first: must be true whenever an earlier call may
   *   have reached the provider
   * @throws PaymentRejectedError, for example for more than is left or for another currency
   */
  refund(request: {
    intentId: string
    /** The shop's id, which finds the refund again when the result of the call is unknown. */
    refundId: string
    amount: Money
    mayExist: boolean
    key: string
  }): Promise<{ providerRefundId: string; status: RefundStatus }>
  /** Movements in the provider's ledger with `from <= at < to`, in pages; newest or oldest first. */
  listMovements(request: {
    from: Date
    to: Date
    cursor?: string
  }): Promise<{ movements: ProviderMovement[]; nextCursor: string | null }>
  /**
   * Verifies and parses a webhook; null for an event about no order of this shop.
   * @throws AppError `bad_input` when the signature is missing, wrong or old; `not_found` when no secret is set
   */
  readWebhook(body: Buffer, signature: string | undefined): PaymentEvent | null
  close(): void
}

/** The provider rejected a request for another reason than the card. The same request will be rejected again. */
export class PaymentRejectedError extends Error {
  override readonly name = 'PaymentRejectedError'
  /** The provider's code, such as `charge_already_refunded`. */
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`the payment provider rejected the request: ${code}`, options)
    this.code = code
  }
}
