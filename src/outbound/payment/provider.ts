import type { Money } from '#shapes'

/** What a payment has come to, in terms that every provider can be put into. */
export type PaymentResult =
  /** Waits to be confirmed with a payment method: new, or after a decline. */
  | { status: 'open' }
  | { status: 'requires_action'; url: string | null }
  /** The provider is still at it; ask again. */
  | { status: 'processing' }
  | { status: 'authorised' }
  | { status: 'captured' }
  | { status: 'declined'; code: string }
  | { status: 'voided' }

/** A payment as the provider knows it. */
export interface PaymentEvent {
  eventId: string
  orderId: string
  intentId: string
  result: PaymentResult
}

/**
 * One payment provider. Every call that can move money takes an idempotency key, the same until a definite answer.
 * Calls throw OutboundError when the answer is not definite; a declined card is a value.
 */
export interface PaymentProvider {
  /** Name that orders remember, such as `stripe`. */
  readonly name: string
  /** Opens a payment at the provider; nothing is charged. */
  open(request: { orderId: string; amount: Money; key: string }): Promise<{ intentId: string }>
  /**
   * Charges it with the buyer's payment method.
   * @param request.returnUrl where the buyer's bank sends the buyer back to
   */
  confirm(request: { intentId: string; token: string; returnUrl: string | null; key: string }): Promise<PaymentResult>
  lookUp(intentId: string): Promise<PaymentResult>
  /** Gives up a payment that was not captured; tells what it has come to, which may be `captured`. */
  void(request: { intentId: string; key: string }): Promise<PaymentResult>
  refund(request: { intentId: string; amount: Money; key: string }): Promise<void>
  /**
   * Reads a webhook. Null for events that say nothing about a payment of ours.
   * @throws AppError `bad_input` when the signature is missing, wrong or old
   */
  readWebhook(body: Buffer, signature: string | undefined): PaymentEvent | null
  close(): void
}
