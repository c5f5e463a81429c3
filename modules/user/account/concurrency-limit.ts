import { AppError } from '#errors'
import { createSemaphore } from '#lib/semaphore'

interface ConcurrencyLimitOptions {
  runningMax: number
  waitingMax: number
}

/** Runs the work it is given, some of it after a wait. @throws AppError `unavailable` when too many wait already. */
type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

/** At most `runningMax` at a time and `waitingMax` behind them, first come first served. */
export function limitConcurrency({ runningMax, waitingMax }: ConcurrencyLimitOptions): ConcurrencyLimit {
  const places = createSemaphore({ count: runningMax, waitingMax })
  return async (work) => {
    if (!(await places.acquire())) throw new AppError('unavailable')
    try {
      return await work()
    } finally {
      places.release()
    }
  }
}
