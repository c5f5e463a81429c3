import type { Ledger } from './ledger.ts'
import { newId } from './ids.ts'
import { missing } from './api-error.ts'
import type { Answer } from './model.ts'
import { authenticateIntent } from './payment-intents.ts'
import { findTestCard } from './test-cards.ts'

interface Authentication {
  id: string
  isAuthorised: boolean
  requestId: string
}

/** What the buyer did on the 3-D Secure page, made durable. A second answer for the same attempt changes nothing and is refused. */
export async function authenticate(ledger: Ledger, { id, isAuthorised, requestId }: Authentication): Promise<Answer> {
  const intent = ledger.intents.get(id)
  if (!intent) return missing('payment_intent', id, 'intent')
  const card = findTestCard(intent.method ?? '')
  const outcome = authenticateIntent(intent, isAuthorised, { card, chargeId: newId('ch'), nowMs: Date.now() })
  // The buyer's browser is no API client: a decline after 3-D Secure shows in the intent, not in this answer.
  const answer = await ledger.commit(outcome, { call: null, requestId })
  return outcome.events.length > 0 && answer.intent ? { status: 200, intent: answer.intent } : answer
}
