import type Stripe from 'stripe'
import type { Money } from '#schemas'
import type { PaymentResult, ProviderMovement, RefundStatus } from './provider.ts'
import { fromStripeAmount } from './stripe-amount.ts'

/** A Stripe payment intent as the interface's result. */
export function describeIntent(intent: Stripe.PaymentIntent): PaymentResult {
  switch (intent.status) {
    case 'succeeded':
      return { status: 'captured', amountMinor: minorOf(intent.amount_received, intent), feeMinor: feeOf(intent) }
    case 'requires_capture':
      return { status: 'authorised', amountMinor: minorOf(intent.amount_capturable, intent) }
    case 'canceled':
      return { status: 'voided' }
    case 'processing':
      return { status: 'processing' }
    case 'requires_action':
      return { status: 'requires_action', url: intent.next_action?.redirect_to_url?.url ?? null }
    case 'requires_payment_method':
    case 'requires_confirmation': {
      const failure = intent.last_payment_error
      return failure
        ? { status: 'declined', code: failure.decline_code ?? failure.code ?? 'declined' }
        : { status: 'open' }
    }
    default:
      return { status: 'processing' }
  }
}

const minorOf = (amount: number, { currency }: { currency: string }): number =>
  fromStripeAmount(amount, currency).amount

/** Part of the charge's balance transaction: null where that was not expanded or does not exist yet. */
function feeOf({ latest_charge: charge }: Stripe.PaymentIntent): number | null {
  if (typeof charge !== 'object' || charge === null) return null
  const transaction = charge.balance_transaction
  if (typeof transaction !== 'object' || transaction === null) return null
  return feeIn(fromStripeAmount(charge.amount_captured, charge.currency), transaction)
}

export function refundStatus({ status }: Stripe.Refund): RefundStatus {
  if (status === 'succeeded') return 'succeeded'
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending'
}

/**
 * The fee in minor units of the payment's currency, at the exchange rate of this very transaction where the balance has
 * another one.
 */
export function feeIn(amount: Money, { fee, ...transaction }: Stripe.BalanceTransaction): number {
  if (transaction.currency.toUpperCase() === amount.currency || fee === 0) return minorOf(fee, transaction)
  // Fee and transaction are in Stripe's units of one currency: their ratio has no unit.
  return Math.round((fee * Math.abs(amount.amount)) / Math.abs(transaction.amount))
}

export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null)
}

/** A Stripe balance transaction as a movement of the interface. */
export function describeMovement(transaction: Stripe.BalanceTransaction): ProviderMovement {
  const paymentObject = paymentObjectOf(transaction)
  // The source has the amount in the payment's currency.
  const isExchanged = paymentObject !== null && paymentObject.currency !== transaction.currency
  const size = isExchanged ? paymentObject.amount * Math.sign(transaction.amount) : transaction.amount
  const amount = fromStripeAmount(size, isExchanged ? paymentObject.currency : transaction.currency)
  return {
    id: transaction.id,
    kind: kindOf(transaction),
    orderId: paymentObject?.metadata?.['order_id'] ?? null,
    intentId: idOf(paymentObject?.payment_intent),
    amount,
    feeMinor: feeIn(amount, transaction),
    at: new Date(transaction.created * 1000),
  }
}

/** The expanded charge, refund or dispute; null for transactions about no payment, such as payouts. */
function paymentObjectOf({ source }: Stripe.BalanceTransaction) {
  if (typeof source !== 'object' || source === null) return null
  if (source.object === 'charge') return { ...source, amount: source.amount_captured }
  return source.object === 'refund' || (source.object === 'dispute' && 'payment_intent' in source) ? source : null
}

function kindOf({ type, amount, source }: Stripe.BalanceTransaction): ProviderMovement['kind'] {
  switch (type) {
    case 'charge':
    case 'payment':
      return 'capture'
    case 'refund':
    case 'payment_refund':
      return 'refund'
    case 'refund_failure':
    case 'payment_failure_refund':
      return 'refund_failed'
    case 'adjustment':
      if (typeof source !== 'object' || source?.object !== 'dispute') return 'other'
      return amount < 0 ? 'dispute' : 'dispute_won'
    default:
      return 'other'
  }
}
