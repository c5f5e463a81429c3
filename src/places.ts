/** A semaphore: so many at once, first come first served, and nobody waits who would wait in vain. */
export interface Places {
  /** @returns whether there is a place; whoever has one gives it back */
  take(): Promise<boolean>
  /** Hands the place to the next in line rather than freeing it: nobody who comes later can slip in between. */
  giveBack(): void
}

export interface PlacesOptions {
  count: number
  /** Behind those who have a place; who comes beyond it gets none at once. */
  waitingMax?: number
  /** Who has waited so long gets none. */
  patienceMs?: number
}

export function createPlaces({ count, waitingMax = Infinity, patienceMs }: PlacesOptions): Places {
  let free = count
  const waiting = new Set<(hasPlace: boolean) => void>()
  return {
    async take() {
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
    giveBack() {
      const [next] = waiting
      if (next === undefined) free += 1
      else {
        waiting.delete(next)
        next(true)
      }
    },
  }
}
