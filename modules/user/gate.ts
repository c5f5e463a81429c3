import { AppError } from '#errors'

interface GateOptions {
  runningMax: number
  waitingMax: number
}

/** Runs the work it is given, some of it after a wait. @throws AppError `unavailable` when too many wait already. */
type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** At most `runningMax` at a time and `waitingMax` behind them, first come first served. */
export function createGate({ runningMax, waitingMax }: GateOptions): Gate {
  let running = 0
  const waiting: (() => void)[] = []

  async function enter(): Promise<void> {
    if (running < runningMax) {
      running += 1
      return
    }
    if (waiting.length >= waitingMax) throw new AppError('unavailable')
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Hands the place to the next in line rather than freeing it: nobody who comes later can slip in between. */
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return async (work) => {
    await enter()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
