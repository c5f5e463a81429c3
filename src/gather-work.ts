/** Does together what is asked for while it is busy: all of one go succeed or fail alike. */
export function gatherWork<Item>(work: (items: readonly Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let waiting: Item[] = []
  let next: Promise<void> | undefined
  let busy: Promise<void> = Promise.resolve()
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
