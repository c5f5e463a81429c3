/** Semaphore: `count` permits, granted in order of arrival. Its queue may be bounded in length and in waiting time. */
export interface Semaphore {
  /** @returns whether a permit was granted; a granted permit must be released */
  acquire(): Promise<boolean>
  /** Passes the permit to the first waiting caller, so that a later caller cannot overtake it. */
  release(): void
}

export interface SemaphoreOptions {
  count: number
  /** Callers that may wait; beyond it `acquire` returns false immediately. Default: no limit. */
  waitingMax?: number
  /** After waiting so long `acquire` returns false. Default: no limit. */
  maxWaitMs?: number
}

export function createSemaphore({ count, waitingMax = Infinity, maxWaitMs }: SemaphoreOptions): Semaphore {
  let free = count
  const waiting = new Set<(isGranted: boolean) => void>()
  return {
    async acquire() {
      if (free > 0) {
        free -= 1
        return true
      }
      if (waiting.size >= waitingMax) return false
      const { promise, resolve } = Promise.withResolvers<boolean>()
      waiting.add(resolve)
      if (maxWaitMs === undefined) return promise
      const timer = setTimeout(() => {
        waiting.delete(resolve)
        resolve(false)
      }, maxWaitMs)
      return promise.finally(() => clearTimeout(timer))
    },
    release() {
      const [next] = waiting
      if (next === undefined) free += 1
      else {
        waiting.delete(next)
        next(true)
      }
    },
  }
}
