import { failureOf, type Failure } from './failure.ts'
import { passing, readJson } from './storage.ts'

/** What is sent again, byte for byte, until its outcome is known. */
export interface Keyed {
  idempotencyKey: string
}

const triesMax = 7
const waitMs = (tries: number) => Math.min(8000, 500 * 2 ** tries)

/** Thrown when the shop could not be asked often enough to learn the outcome. The attempt stays kept: ask again with it. */
export class UndecidedError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super('the outcome is not known yet')
    this.name = 'UndecidedError'
    this.failure = failure
  }
}

/** The attempt of this name whose outcome this tab has not learnt, if there is one. */
export function pendingAttempt(name: string): Keyed | null {
  const kept = readJson(passing, name)
  return typeof kept === 'object' && kept !== null && 'idempotencyKey' in kept ? (kept as Keyed) : null
}

/**
 * Calls until the outcome is known, always with the same key and body: a lost answer never orders or charges twice.
 * The input is kept in the tab's storage meanwhile, so that a reload can go on asking.
 * @throws what the shop refused for good, or UndecidedError after about half a minute of failures
 */
export async function settleAttempt<Input extends Keyed, Output>(
  name: string,
  attempt: { input: Input; call: (input: Input) => Promise<Output>; onRetry: (failure: Failure) => void },
): Promise<Output> {
  const { input, call, onRetry } = attempt
  passing.write(name, JSON.stringify(input))
  for (let tries = 0; ; tries += 1) {
    try {
      const output = await call(input)
      passing.write(name, null)
      return output
    } catch (error) {
      const failure = failureOf(error)
      if (!failure.isRetryable) {
        passing.write(name, null)
        throw error
      }
      if (tries + 1 >= triesMax) throw new UndecidedError(failure)
      onRetry(failure)
      await new Promise((resolve) => setTimeout(resolve, waitMs(tries)))
    }
  }
}
