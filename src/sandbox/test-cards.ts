import type { Decline } from './model.ts'

/** Behaviour of a payment method when it is confirmed. */
export type CardBehaviour =
  | { kind: 'succeed' }
  | { kind: 'decline'; decline: Decline }
  /** 3-D Secure first; then `decline` if set, else success. */
  | { kind: 'authenticate'; decline?: Decline }
  /** A bank debit that stays `processing` until it is cancelled. */
  | { kind: 'process' }

export interface TestCard {
  id: string
  type: 'card' | 'us_bank_account'
  brand: string
  last4: string
  behaviour: CardBehaviour
}

/** The card of one of Stripe's test payment methods (docs.stripe.com/testing); undefined for any other id. */
export function findTestCard(id: string): TestCard | undefined {
  return cards.get(id)
}

/** Decline that the fault `decline` applies to every confirm. */
export const genericDecline: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
}

export const authenticationRequired: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

const insufficientFunds: Decline = {
  code: 'card_declined',
  declineCode: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
}

const declinedWith = (declineCode: string): Decline => ({ ...genericDecline, declineCode })

const succeeding: [name: string, brand: string, last4: string][] = [
  ['visa', 'visa', '4242'],
  ['visa_debit', 'visa', '5556'],
  ['mastercard', 'mastercard', '4444'],
  ['mastercard_debit', 'mastercard', '8210'],
  ['mastercard_prepaid', 'mastercard', '5100'],
  ['amex', 'amex', '0005'],
  ['discover', 'discover', '1117'],
  ['diners', 'diners', '0004'],
  ['jcb', 'jcb', '0505'],
  ['unionpay', 'unionpay', '0005'],
]

const declining: [name: string, last4: string, decline: Decline][] = [
  ['chargeDeclined', '0002', genericDecline],
  ['chargeDeclinedInsufficientFunds', '9995', insufficientFunds],
  ['chargeDeclinedLostCard', '9987', declinedWith('lost_card')],
  ['chargeDeclinedStolenCard', '9979', declinedWith('stolen_card')],
  ['chargeDeclinedVelocityLimitExceeded', '6975', declinedWith('card_velocity_exceeded')],
  ['chargeDeclinedExpiredCard', '0069', { code: 'expired_card', declineCode: null, message: 'Your card has expired.' }],
  [
    'chargeDeclinedIncorrectCvc',
    '0127',
    { code: 'incorrect_cvc', declineCode: null, message: "Your card's security code is incorrect." },
  ],
  [
    'chargeDeclinedProcessingError',
    '0119',
    {
      code: 'processing_error',
      declineCode: null,
      message: 'An error occurred while processing your card. Try again in a little bit.',
    },
  ],
]

const authenticating: [name: string, last4: string, decline?: Decline][] = [
  ['authenticationRequired', '3184'],
  ['threeDSecure2Required', '3220'],
  ['authenticationRequiredChargeDeclinedInsufficientFunds', '8260', insufficientFunds],
]

const cards = new Map<string, TestCard>()

function add(id: string, card: Omit<TestCard, 'id' | 'type'>, type: TestCard['type'] = 'card'): void {
  cards.set(id, { id, type, ...card })
}

for (const [name, brand, last4] of succeeding) add(`pm_card_${name}`, { brand, last4, behaviour: { kind: 'succeed' } })
for (const [name, last4, decline] of declining) {
  // Stripe names some cards with the brand and some without it; both names work.
  for (const prefix of ['pm_card_visa_', 'pm_card_']) {
    add(prefix + name, { brand: 'visa', last4, behaviour: { kind: 'decline', decline } })
  }
}
for (const [name, last4, decline] of authenticating) {
  add(`pm_card_${name}`, { brand: 'visa', last4, behaviour: { kind: 'authenticate', ...(decline && { decline }) } })
}
add('pm_usBankAccount_processing', { brand: 'bank', last4: '6789', behaviour: { kind: 'process' } }, 'us_bank_account')
