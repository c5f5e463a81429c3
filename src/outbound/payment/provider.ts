import type { Money } from '#schemas'

/** What a payment has come to, in terms that every provider can be put into. */
export type PaymentResult =
  /** Waits to be confirmed with a payment method: new, or after a decline. */
  | { status: 'open' }
  /** The buyer has to do something at this address: the bank's page, or the content of a QR code. */
  | { status: 'requires_action'; url: string | null }
  /** The provider is still at it; ask again. */
  | { status: 'processing' }
  /** The money is held for us until it is captured or voided. */
  | { status: 'authorised'; amountMinor: number }
  /** `feeMinor`: what the provider keeps of it, in the payment's currency; null until it says so, then `lookUp` tells. */
  | { status: 'captured'; amountMinor: number; feeMinor: number | null }
  | { status: 'declined'; code: string }
  | { status: 'voided' }

export type RefundStatus = 'pending' | 'succeeded' | 'failed'
export type DisputeStatus = 'opened' | 'won' | 'lost'

/** What a provider's webhook tells of an order of ours. Any of them can come twice, late, or ahead of our own commit. */
export type PaymentEvent = PaymentNotice | RefundNotice | DisputeNotice

interface Notice {
  /** The same for each delivery. */
  eventId: string
  intentId: string
}

export interface PaymentNotice extends Notice {
  kind: 'payment'
  orderId: string
  result: PaymentResult
}

export interface RefundNotice extends Notice {
  kind: 'refund'
  /** Null, as is `refundId`, for one that was made on the provider's own pages: `intentId` finds the order. */
  orderId: string | null
  /** Ours, as given to `refund`. */
  refundId: string | null
  providerRefundId: string
  amount: Money
  /** One that has succeeded may still fail: the buyer's bank sends it back. */
  status: RefundStatus
}

/** The buyer's bank has taken money back. Told only once the money has moved: an inquiry before that is none. */
export interface DisputeNotice extends Notice {
  kind: 'dispute'
  /** Null where the provider does not say, as Stripe: `intentId` finds the order. */
  orderId: string | null
  disputeId: string
  amount: Money
  /** What the provider keeps for the dispute so far, in all; the verdict may change it. */
  feeMinor: number
  reason: string
  status: DisputeStatus
}

/** One movement of money on the provider's own books, for reconciliation. */
export interface ProviderMovement {
  /** The provider's id of the movement. */
  id: string
  kind: 'capture' | 'refund' | 'refund_failed' | 'dispute' | 'dispute_won' | 'other'
  /** Null where the provider does not tie it to an order of ours. */
  orderId: string | null
  intentId: string | null
  /**
   * Signed, as it changes our balance at the provider before fees: captures positive, refunds and disputes negative. In
   * the payment's currency, also where the provider has exchanged it.
   */
  amount: Money
  /** What the provider kept of it, minor units of the same currency; never negative but where a fee was given back. */
  feeMinor: number
  at: Date
}

/**
 * One payment provider, behind its breaker. Every call that can move money takes an idempotency key, the same until a
 * definite answer. Calls throw OutboundError when the answer is not definite, PaymentRefusal when it is a definite no;
 * a declined card is a value.
 *
 * A provider that sends the buyer to its own page (Alipay, WeChat Pay) fits too: `open` takes our trade number as its
 * id, `confirm` (without token) answers `requires_action` with the page's address or the code to scan, `lookUp` and the
 * webhook tell what became of it, `void` closes the trade, and `capturesLater` is false.
 */
export interface PaymentProvider {
  /** Name that orders remember, such as `stripe`. */
  readonly name: string
  /** Whether money can be held now and captured later. */
  readonly capturesLater: boolean
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
   * Charges (or holds) it with the buyer's payment method.
   * @param request.token the provider's token for the buyer's card or wallet; null where the buyer chooses on its pages,
   *   or the payment has one already
   * @param request.returnUrl where the buyer's bank sends the buyer back to
   */
  confirm(request: {
    intentId: string
    token: string | null
    returnUrl: string | null
    key: string
  }): Promise<PaymentResult>
  lookUp(intentId: string): Promise<PaymentResult>
  /**
   * Takes held money; the rest is let go. Tells what the payment has come to, whoever brought it there.
   * @throws PaymentRefusal when it is more than is held
   */
  capture(request: { intentId: string; amount: Money; key: string }): Promise<PaymentResult>
  /** Gives up a payment that was not captured; tells what it has come to, which may be `captured`. */
  void(request: { intentId: string; key: string }): Promise<PaymentResult>
  /**
   * Gives captured money back. Looks first whether a refund with this `refundId` was made already, if `mayExist`: say so
   * whenever an earlier call may have reached the provider.
   * @throws PaymentRefusal when the provider will not, such as more than is left, or another currency
   */
  refund(request: {
    intentId: string
    /** Ours: under it the refund is found again when its outcome is unknown. */
    refundId: string
    amount: Money
    mayExist: boolean
    key: string
  }): Promise<{ providerRefundId: string; status: RefundStatus }>
  /** Movements on the provider's books with `from <= at < to`, newest or oldest first, in pages. */
  listMovements(request: {
    from: Date
    to: Date
    cursor?: string
  }): Promise<{ movements: ProviderMovement[]; nextCursor: string | null }>
  /**
   * Reads a webhook. Null for events that say nothing about an order of ours.
   * @throws AppError `bad_input` when the signature is missing, wrong or old
   */
  readWebhook(body: Buffer, signature: string | undefined): PaymentEvent | null
  close(): void
}

/** The provider's definite no to something other than a card: trying again unchanged is no use. */
export class PaymentRejectedError extends Error {
  override readonly name = 'PaymentRefusal'
  /** The provider's code, such as `charge_already_refunded`. */
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`the payment provider refuses: ${code}`, options)
    this.code = code
  }
}
