import { rejectedOutcome } from './api-error.ts'
import { stepViolation } from './currencies.ts'
import type { Charge, Decline, EventType, PaymentIntent, PaymentIntentStatus, Outcome } from './model.ts'
import { authenticationRequired, genericDecline, type TestCard } from './test-cards.ts'

/** State machine of the PaymentIntent (docs.stripe.com/payments/paymentintents/lifecycle). Pure: ids and times come from the caller. */

export type NewIntent = Pick<
  PaymentIntent,
  'id' | 'clientSecret' | 'createdAtMs' | 'amount' | 'currency' | 'captureMethod' | 'metadata' | 'description'
> &
  Pick<PaymentIntent, 'receiptEmail' | 'returnUrl' | 'method'>

/** Creates an intent; with a payment method it awaits confirmation. */
export function createIntent(fields: NewIntent): Outcome {
  const intent: PaymentIntent = {
    ...fields,
    status: fields.method === null ? 'requires_payment_method' : 'requires_confirmation',
    amountCapturable: 0,
    amountReceived: 0,
    latestCharge: null,
    lastError: null,
    authentication: null,
    canceledAtMs: null,
    cancellationReason: null,
  }
  return { status: 200, intent, events: ['payment_intent.created'] }
}

interface Attempt {
  chargeId: string
  nowMs: number
}

interface Confirmation extends Attempt {
  /** The card to charge; undefined when neither the intent nor the call names one. */
  card: TestCard | undefined
  returnUrl: string | null
  authentication: string
  /** The buyer cannot authenticate now: a card that requires it is declined. */
  isOffSession: boolean
  /** The fault `decline` is active. */
  isDeclineForced: boolean
}

/** Confirms an intent: charges the card, declines it, requires 3-D Secure, or starts a bank debit. */
export function confirmIntent(intent: PaymentIntent, confirmation: Confirmation): Outcome {
  const { card } = confirmation
  if (!confirmable.includes(intent.status)) return unexpectedState(intent, cannotConfirm(intent.status))
  if (!card) {
    const remedy = 'Update the PaymentIntent with a payment method and confirm it again, or name one in this call.'
    return unexpectedState(
      intent,
      `You cannot confirm this PaymentIntent because it's missing a payment method. ${remedy}`,
    )
  }
  const returnUrl = confirmation.returnUrl ?? intent.returnUrl
  const prepared = { ...intent, method: card.id, lastError: null, authentication: null, returnUrl }
  if (confirmation.isDeclineForced) return decline(prepared, card.id, genericDecline, confirmation)
  switch (card.behaviour.kind) {
    case 'succeed':
      return chargeCard(prepared, card.id, confirmation)
    case 'decline':
      return decline(prepared, card.id, card.behaviour.decline, confirmation)
    case 'authenticate':
      if (confirmation.isOffSession) return decline(prepared, card.id, authenticationRequired, confirmation)
      return transition(
        { ...prepared, status: 'requires_action', authentication: confirmation.authentication },
        'payment_intent.requires_action',
      )
    case 'process':
      return transition({ ...prepared, status: 'processing' }, 'payment_intent.processing')
  }
}

/** Applies the buyer's choice on the 3-D Secure page. */
export function authenticateIntent(
  intent: PaymentIntent,
  isAuthorised: boolean,
  attempt: Attempt & { card: TestCard | undefined },
): Outcome {
  const { card } = attempt
  if (intent.status !== 'requires_action' || !card) {
    return unexpectedState(
      intent,
      `This PaymentIntent has a status of ${intent.status}: it does not require authentication.`,
    )
  }
  const prepared = { ...intent, authentication: null }
  if (isAuthorised) {
    const declineAfterAuthentication = card.behaviour.kind === 'authenticate' ? card.behaviour.decline : undefined
    return declineAfterAuthentication
      ? decline(prepared, card.id, declineAfterAuthentication, attempt)
      : chargeCard(prepared, card.id, attempt)
  }
  const lastError = {
    type: 'invalid_request_error' as const,
    code: 'payment_intent_authentication_failure',
    declineCode: null,
    message: 'The provided PaymentMethod has failed authentication. Provide another one to attempt the payment again.',
    method: card.id,
    charge: null,
  }
  return transition(
    { ...prepared, status: 'requires_payment_method', method: null, lastError },
    'payment_intent.payment_failed',
  )
}

/** Captures `amount` (default: all) of an authorised intent and releases the rest. */
export function captureIntent(
  intent: PaymentIntent,
  authorised: Charge | undefined,
  amount: number | null,
  nowMs: number,
): Outcome {
  if (intent.status !== 'requires_capture' || !authorised) {
    const allowed = 'Only a PaymentIntent with one of the following statuses may be captured: requires_capture.'
    return unexpectedState(
      intent,
      `This PaymentIntent could not be captured because it has a status of ${intent.status}. ${allowed}`,
    )
  }
  const captured = amount ?? intent.amountCapturable
  const violation = stepViolation(captured, intent.currency)
  if (violation !== undefined) return rejectedOutcome({ param: 'amount_to_capture', message: violation })
  if (captured > intent.amountCapturable) {
    return rejectedOutcome({
      code: 'amount_too_large',
      param: 'amount_to_capture',
      message: `Amount to capture (${captured}) is greater than the amount capturable (${intent.amountCapturable}).`,
    })
  }
  return {
    status: 200,
    intent: { ...intent, status: 'succeeded', amountCapturable: 0, amountReceived: captured },
    charge: { ...authorised, amountCaptured: captured, capturedAtMs: nowMs },
    events: ['payment_intent.succeeded'],
  }
}

/** Cancels an intent that has not succeeded, and releases its authorisation. */
export function cancelIntent(
  intent: PaymentIntent,
  authorised: Charge | undefined,
  cancellationReason: PaymentIntent['cancellationReason'],
  nowMs: number,
): Outcome {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    const allowed = `${confirmable.join(', ')}, requires_capture, processing`
    return unexpectedState(
      intent,
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. ` +
        `Only a PaymentIntent with one of the following statuses may be canceled: ${allowed}.`,
    )
  }
  return {
    status: 200,
    intent: {
      ...intent,
      status: 'canceled',
      amountCapturable: 0,
      authentication: null,
      canceledAtMs: nowMs,
      cancellationReason,
    },
    ...(intent.status === 'requires_capture' && authorised && { charge: { ...authorised, isReleased: true } }),
    events: ['payment_intent.canceled'],
  }
}

const confirmable: PaymentIntentStatus[] = ['requires_payment_method', 'requires_confirmation', 'requires_action']

function cannotConfirm(status: PaymentIntentStatus): string {
  const because =
    status === 'succeeded'
      ? 'it has already succeeded after being previously confirmed'
      : `it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: ${confirmable.join(', ')}`
  return `You cannot confirm this PaymentIntent because ${because}.`
}

function chargeCard(intent: PaymentIntent, method: string, attempt: Attempt): Outcome {
  const isCaptured = intent.captureMethod !== 'manual'
  return {
    status: 200,
    intent: {
      ...intent,
      status: isCaptured ? 'succeeded' : 'requires_capture',
      amountCapturable: isCaptured ? 0 : intent.amount,
      amountReceived: isCaptured ? intent.amount : 0,
      latestCharge: attempt.chargeId,
    },
    charge: {
      ...newCharge(intent, method, attempt),
      amountCaptured: isCaptured ? intent.amount : 0,
      capturedAtMs: isCaptured ? attempt.nowMs : null,
    },
    events: [isCaptured ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated'],
  }
}

function decline(intent: PaymentIntent, method: string, failure: Decline, attempt: Attempt): Outcome {
  const { code, declineCode, message } = failure
  return {
    status: 402,
    error: {
      type: 'card_error',
      code,
      ...(declineCode && { decline_code: declineCode }),
      message,
      charge: attempt.chargeId,
    },
    intent: {
      ...intent,
      status: 'requires_payment_method',
      method: null,
      latestCharge: attempt.chargeId,
      lastError: { type: 'card_error', ...failure, method, charge: attempt.chargeId },
    },
    charge: { ...newCharge(intent, method, attempt), failure },
    events: ['payment_intent.payment_failed'],
  }
}

function newCharge(intent: PaymentIntent, method: string, { chargeId, nowMs }: Attempt): Charge {
  const { amount, currency, metadata, description, receiptEmail } = intent
  return {
    id: chargeId,
    intent: intent.id,
    createdAtMs: nowMs,
    amount,
    amountCaptured: 0,
    amountRefunded: 0,
    isReleased: false,
    capturedAtMs: null,
    isDisputed: false,
    currency,
    method,
    failure: null,
    metadata,
    description,
    receiptEmail,
  }
}

function transition(intent: PaymentIntent, event: EventType): Outcome {
  return { status: 200, intent, events: [event] }
}

function unexpectedState(intent: PaymentIntent, message: string): Outcome {
  return { ...rejectedOutcome({ code: 'payment_intent_unexpected_state', message }), intent }
}
