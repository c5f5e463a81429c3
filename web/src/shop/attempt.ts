import { failureOf, type Failure } from './failure.ts'
import { tabStore, readJson } from './storage.ts'

/** Input of a request that may be sent several times under one idempotency key. */
export interface IdempotentInput {
  idempotencyKey: string
}

const triesMax = 7
const backoffMs = (tries: number) => Math.min(8000, 500 * 2 ** tries)

/** Thrown when the outcome is still unknown after all retries. The attempt stays stored and can be resumed. */
export class OutcomeUnknownError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super('The outcome is still unknown. Send the attempt again.')
    this.name = 'OutcomeUnknownError'
    this.failure = failure
  }
}

/** The stored attempt of this name whose outcome is unknown in this tab, or null. */
export function pendingAttempt(name: string): IdempotentInput | null {
  const stored = readJson(tabStore, name)
  return typeof stored === 'object' && stored !== null && 'idempotencyKey' in stored
    ? (stored as IdempotentInput)
    : null
}

/**
 * Idempotent retry with exponential backoff: repeats the call with the same key and body until the outcome is known, so a lost
 * response never orders or charges twice. The tab's storage holds the input meanwhile, so the page can resume after a reload.
 * @throws the error of a call that cannot be retried, or OutcomeUnknownError after about half a minute of failures
 */
export async function completeAttempt<Input extends IdempotentInput, Output>(
  name: string,
  attempt: { input: Input; call: (input: Input) => Promise<Output>; onRetry: (failure: Failure) => void },
): Promise<Output> {
  const { input, call, onRetry } = attempt
  tabStore.write(name, JSON.stringify(input))
  for (let tries = 0; ; tries += 1) {
    try {
      const output = await call(input)
      tabStore.write(name, null)
      return output
    } catch (error) {
      const failure = failureOf(error)
      if (!failure.isRetryable) {
        tabStore.write(name, null)
        throw error
      }
      if (tries + 1 >= triesMax) throw new OutcomeUnknownError(failure)
      onRetry(failure)
      await new Promise((resolve) => setTimeout(resolve, backoffMs(tries)))
    }
  }
}
