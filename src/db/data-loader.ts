/** Answers with one call of `load` all that is asked for at one moment: many effects that begin together cost one statement. */
export function dataLoader<Value>(
  load: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): (id: string) => Promise<Value | undefined> {
  let next: { ids: Set<string>; found: Promise<ReadonlyMap<string, Value>> } | undefined
  return async (id) => {
    if (next === undefined) {
      const ids = new Set<string>()
      const found = new Promise((resolve) => setImmediate(resolve)).then(() => {
        next = undefined
        return load([...ids])
      })
      next = { ids, found }
    }
    next.ids.add(id)
    return (await next.found).get(id)
  }
}

/** Does together what is asked for while it is busy: all of one go get the same result, or fail alike. */
export function batchWhileBusy<Item, Result>(
  work: (items: readonly Item[]) => Promise<Result>,
): (item: Item) => Promise<Result> {
  let waiting: Item[] = []
  let next: Promise<Result> | undefined
  let busy: Promise<unknown> = Promise.resolve()
  return (item) => {
    waiting.push(item)
    next ??= busy.then(() => {
      const items = waiting
      waiting = []
      next = undefined
      const done = work(items)
      busy = done.catch(() => undefined)
      return done
    })
    return next
  }
}
