import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Charge, PaymentIntent, Outcome } from './model.ts'
import { authenticateIntent, cancelIntent, captureIntent, confirmIntent, createIntent } from './payment-intents.ts'
import { refundCharge } from './refunds.ts'
import { findTestCard } from './test-cards.ts'

const cards = [
  'pm_card_visa',
  'pm_card_visa_chargeDeclined',
  'pm_card_authenticationRequired',
  'pm_usBankAccount_processing',
]
const step = fc.oneof(
  fc.record({ kind: fc.constant('confirm' as const), method: fc.constantFrom(...cards) }),
  fc.record({ kind: fc.constant('authenticate' as const), isAuthorised: fc.boolean() }),
  fc.record({ kind: fc.constant('capture' as const), amount: fc.option(fc.integer({ min: 1, max: 1200 })) }),
  fc.record({ kind: fc.constant('cancel' as const) }),
  fc.record({ kind: fc.constant('refund' as const), amount: fc.option(fc.integer({ min: 1, max: 1200 })) }),
)

test('any sequence of calls captures money at most once and never refunds more than it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('automatic' as const, 'manual' as const),
      fc.array(step, { maxLength: 12 }),
      (captureMethod, steps) => {
        const charges = new Map<string, Charge>()
        let intent = started(captureMethod)
        let refunded = 0
        for (const [n, call] of steps.entries()) {
          const latest = charges.get(intent.latestCharge ?? '')
          const outcome = handle(call, { intent, latest, n })
          if (outcome.status === 400) {
            expect(outcome.events).toEqual([])
            continue
          }
          const wasFinal = intent.status === 'canceled' || intent.status === 'succeeded'
          if (wasFinal && outcome.intent) expect(outcome.intent.status).toBe(intent.status)
          intent = outcome.intent ?? intent
          if (outcome.charge) charges.set(outcome.charge.id, outcome.charge)
          refunded += outcome.refund?.amount ?? 0
        }
        const captured = [...charges.values()].filter((charge) => charge.capturedAtMs !== null)
        const amountCaptured = captured.reduce((sum, charge) => sum + charge.amountCaptured, 0)
        expect(captured.length).toBe(intent.status === 'succeeded' ? 1 : 0)
        expect(amountCaptured).toBe(intent.amountReceived)
        expect(amountCaptured).toBeLessThanOrEqual(intent.amount)
        expect(refunded).toBeLessThanOrEqual(amountCaptured)
        expect(intent.amountCapturable > 0).toBe(intent.status === 'requires_capture')
      },
    ),
  )
})

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function handle(
  call: Step,
  { intent, latest, n }: { intent: PaymentIntent; latest: Charge | undefined; n: number },
): Outcome {
  const attempt = { chargeId: `ch_${n}`, nowMs: n }
  switch (call.kind) {
    case 'confirm': {
      const card = findTestCard(call.method)
      const flags = { isOffSession: false, isDeclineForced: false }
      return confirmIntent(intent, { ...attempt, ...flags, card, returnUrl: null, authentication: `token-${n}` })
    }
    case 'authenticate': {
      const card = findTestCard('pm_card_authenticationRequired')
      if (!card) throw new Error('a test card is missing')
      return authenticateIntent(intent, call.isAuthorised, { ...attempt, card })
    }
    case 'capture':
      return captureIntent(intent, latest, call.amount, n)
    case 'cancel':
      return cancelIntent(intent, latest, null, n)
    case 'refund':
      if (!latest) return { status: 400, events: [] }
      return refundCharge(latest, {
        id: `re_${n}`,
        createdAtMs: n,
        amount: call.amount,
        reason: null,
        metadata: {},
        status: 'succeeded',
      })
  }
}

function started(captureMethod: PaymentIntent['captureMethod']): PaymentIntent {
  const { intent } = createIntent({
    id: 'pi_1',
    clientSecret: 'secret',
    createdAtMs: 0,
    amount: 1000,
    currency: 'usd',
    captureMethod,
    metadata: {},
    description: null,
    receiptEmail: null,
    returnUrl: null,
    method: null,
  })
  if (!intent) throw new Error('nothing was created')
  return intent
}
