/**
 * Data loader: lookups of one event-loop tick share one call of `load`. Many effects that start in the same tick cost
 * one statement. Nothing is cached: a later lookup loads again.
 */
export function dataLoader<Value>(
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): (id: string) => Promise<Value | undefined> {
  let batch: { ids: Set<string>; loaded: Promise<ReadonlyMap<string, Value>> } | undefined
  return async (id) => {
    if (batch === undefined) {
      const ids = new Set<string>()
      const loaded = new Promise((resolve) => setImmediate(resolve)).then(() => {
        batch = undefined
        return load([...ids])
      })
      batch = { ids, loaded }
    }
    batch.ids.add(id)
    return (await batch.loaded).get(id)
  }
}

/**
 * Batching under load: items that arrive while `work` runs form the next batch. A batch shares its result or its error.
 */
export function batchWhileBusy<Item, Result>(
  work: (items: readonly Item[]) => Promise<Result>,
): (item: Item) => Promise<Result> {
  let waiting: Item[] = []
  let nextBatch: Promise<Result> | undefined
  let busy: Promise<unknown> = Promise.resolve()
  return (item) => {
    waiting.push(item)
    nextBatch ??= busy.then(() => {
      const items = waiting
      waiting = []
      nextBatch = undefined
      const done = work(items)
      busy = done.catch(() => undefined)
      return done
    })
    return nextBatch
  }
}
