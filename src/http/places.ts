/** So many at once; who has waited too long for a place gets none. */
export interface Places {
  /** @returns whether there is a place; whoever has one gives it back */
  take(): Promise<boolean>
  giveBack(): void
}

export function createPlaces({ count, patienceMs }: { count: number; patienceMs: number }): Places {
  let free = count
  const waiting = new Set<(hasPlace: boolean) => void>()
  return {
    async take() {
      if (free > 0) {
        free -= 1
        return true
      }
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const timer = setTimeout(() => {
        waiting.delete(resolve)
        resolve(false)
      }, patienceMs)
      waiting.add(resolve)
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
