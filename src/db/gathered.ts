/** Answers with one call of `load` all that is asked for at one moment: many effects that begin together cost one statement. */
export function gathered<Value>(
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
