import { setTimeout as wait } from 'node:timers/promises'
import { CommitUnknownError, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'

const attemptsMax = 6
const firstWaitMs = 200

/**
 * Retry with exponential backoff: runs `work` again after an infrastructure failure of Postgres, such as a lock timeout or
 * a failover during a long import. The work must be idempotent, since the outcome of a COMMIT may be unknown.
 * @throws AppError `unavailable` after six attempts, which wait about six seconds in total.
 */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  signal: AbortSignal = new AbortController().signal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!isInfrastructureFailure(error) && !(error instanceof CommitUnknownError)) throw error
      if (attempt === attemptsMax) throw interruptedError(error)
      await wait(firstWaitMs * 2 ** (attempt - 1), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** AppError `unavailable` for an interrupted seed or import, which the same command can finish. */
export const interruptedError = (cause: unknown) =>
  new AppError('unavailable', {
    message:
      'Postgres became unavailable while products were being saved. Every product is saved completely or not at all; run the same command again to finish.',
    cause,
  })
