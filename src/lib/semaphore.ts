/** A semaphore: so many at once, first come first served, and nobody waits who would wait in vain. */
export interface Semaphore {
  /** @returns whether there is a place; whoever has one gives it back */
  acquire(): Promise<boolean>
  /** Hands the place to the next in line rather than freeing it: nobody who comes later can slip in between. */
  release(): void
}

export interface SemaphoreOptions {
  count: number
  /** Behind those who have a place; who comes beyond it gets none at once. */
  waitingMax?: number
  /** Who has waited so long gets none. */
  maxWaitMs?: number
}

export function createSemaphore({ count, waitingMax = Infinity, maxWaitMs: patienceMs }: SemaphoreOptions): Semaphore {
  let free = count
  const waiting = new Set<(hasPlace: boolean) => void>()
  return {
    async acquire() {
      if (free > 0) {
        free -= 1
        return true
      }
      if (waiting.size >= waitingMax) return false
      const { promise, resolve } = Promise.withResolvers<boolean>()
      waiting.add(resolve)
      if (patienceMs === undefined) return promise
      const timer = setTimeout(() => {
        waiting.delete(resolve)
        resolve(false)
      }, patienceMs)
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
