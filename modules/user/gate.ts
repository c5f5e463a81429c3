import { AppError } from '#errors'
import { createPlaces } from '#places'

interface GateOptions {
  runningMax: number
  waitingMax: number
}

/** Runs the work it is given, some of it after a wait. @throws AppError `unavailable` when too many wait already. */
type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** At most `runningMax` at a time and `waitingMax` behind them, first come first served. */
export function createGate({ runningMax, waitingMax }: GateOptions): Gate {
  const places = createPlaces({ count: runningMax, waitingMax })
  return async (work) => {
    if (!(await places.take())) throw new AppError('unavailable')
    try {
      return await work()
    } finally {
      places.giveBack()
    }
  }
}
