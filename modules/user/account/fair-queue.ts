import { AppError } from '#errors'

interface FairQueueOptions {
  runningMax: number
  waitingMax: number
}

/** Runs `work`, if need be after a wait. @throws AppError `unavailable` when too many calls wait already */
type FairQueue = <T>(source: string, work: () => Promise<T>) => Promise<T>

/**
 * Fair queue: at most `runningMax` calls run and `waitingMax` wait. Sources take turns, and a full queue makes room for a
 * call by rejecting the last one of the source that waits with most, so that no source can keep the others out.
 */
export function createFairQueue({ runningMax, waitingMax }: FairQueueOptions): FairQueue {
  /** In the order of their turns. A source without waiting calls is not in it. */
  const waiting = new Map<string, ((isGranted: boolean) => void)[]>()
  let running = 0
  let count = 0

  /** @returns whether there is room for another call of the source */
  function makeRoom(source: string): boolean {
    if (count < waitingMax) return true
    const longest = [...waiting.values()].reduce((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= (waiting.get(source)?.length ?? 0) + 1) return false
    longest.pop()?.(false)
    count -= 1
    return true
  }

  async function acquire(source: string): Promise<boolean> {
    if (running < runningMax) {
      running += 1
      return true
    }
    if (!makeRoom(source)) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const calls = waiting.get(source)
    if (calls === undefined) waiting.set(source, [resolve])
    else calls.push(resolve)
    count += 1
    return promise
  }

  /** Passes the permit to the first call of the source whose turn it is. */
  function release(): void {
    const [turn] = waiting
    if (turn === undefined) {
      running -= 1
      return
    }
    const [source, calls] = turn
    waiting.delete(source)
    const next = calls.shift()
    if (calls.length > 0) waiting.set(source, calls)
    count -= 1
    next?.(true)
  }

  return async (source, work) => {
    if (!(await acquire(source))) throw new AppError('unavailable')
    try {
      return await work()
    } finally {
      release()
    }
  }
}
