import { AppError } from '#errors'
import { createSemaphore } from '#lib/semaphore'

interface ConcurrencyLimitOptions {
  runningMax: number
  waitingMax: number
}

/** Runs `work`, if need be after a wait. @throws AppError `unavailable` when too many calls wait already */
type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

/** Concurrency limit: at most `runningMax` calls run and `waitingMax` wait, in order of arrival. */
export function limitConcurrency({ runningMax, waitingMax }: ConcurrencyLimitOptions): ConcurrencyLimit {
  const semaphore = createSemaphore({ count: runningMax, waitingMax })
  return async (work) => {
    if (!(await semaphore.acquire())) throw new AppError('unavailable')
    try {
      return await work()
    } finally {
      semaphore.release()
    }
  }
}
