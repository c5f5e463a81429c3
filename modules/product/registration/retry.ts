import { setTimeout as wait } from 'node:timers/promises'
import { CommitUnknownError, isInfrastructureFailure } from '#db'
import { AppError } from '#errors'

const attemptsMax = 6
const firstWaitMs = 200

/**
 * Does `work` again when Postgres could not: a shop that is open holds locks and may fail over while a long import runs,
 * and a machine that is too busy runs into time-outs. The work must be safe to repeat, since its commit may be in doubt.
 * @throws AppError `unavailable` when Postgres stays away for about six seconds.
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
      if (attempt === attemptsMax) throw interrupted(error)
      await wait(firstWaitMs * 2 ** (attempt - 1), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

export const interrupted = (cause: unknown) =>
  new AppError('unavailable', {
    message:
      'Postgres went away while products were saved. Each is saved whole or not yet; run the same command again to finish.',
    cause,
  })
