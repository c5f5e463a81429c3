import type { Ledger } from './ledger.ts'
import { newId } from './ids.ts'
import { resourceMissing } from './api-error.ts'
import type { ApiResponse } from './model.ts'
import { authenticateIntent } from './payment-intents.ts'
import { findTestCard } from './test-cards.ts'

interface Authentication {
  id: string
  isAuthorised: boolean
  requestId: string
}

/** Commits the buyer's choice on the 3-D Secure page. A second choice for the same attempt is rejected and changes nothing. */
export async function authenticate(
  ledger: Ledger,
  { id, isAuthorised, requestId }: Authentication,
): Promise<ApiResponse> {
  const intent = ledger.paymentIntents.get(id)
  if (!intent) return resourceMissing('payment_intent', id, 'intent')
  const card = findTestCard(intent.method ?? '')
  const outcome = authenticateIntent(intent, isAuthorised, { card, chargeId: newId('ch'), nowMs: Date.now() })
  // The buyer's browser is no API client: a decline after 3-D Secure is reported in the intent, not as an error.
  const response = await ledger.commit(outcome, { call: null, requestId })
  return outcome.events.length > 0 && response.intent ? { status: 200, intent: response.intent } : response
}
