export interface PageQuery<Item> {
  /** At most this many. */
  limit: number
  startingAfter?: string | undefined
  endingBefore?: string | undefined
  /** Restricts the page to items of this owner, found by index. */
  owner?: string | undefined
  accepts?: (item: Item) => boolean
}

interface ApiObject {
  id: string
}

/** Objects in order of creation, with keyset pagination as in Stripe's lists. An object keeps its position when it changes. */
export class ObjectStore<Item extends ApiObject> {
  #items: Item[] = []
  #positions = new Map<string, number>()
  #owned = new Map<string, number[]>()
  #ownerOf: (item: Item) => string | undefined

  constructor(ownerOf: (item: Item) => string | undefined = () => undefined) {
    this.#ownerOf = ownerOf
  }

  get size(): number {
    return this.#items.length
  }

  get(id: string): Item | undefined {
    const position = this.#positions.get(id)
    return position === undefined ? undefined : this.#items[position]
  }

  put(item: Item): void {
    const position = this.#positions.get(item.id)
    if (position !== undefined) {
      this.#items[position] = item
      return
    }
    const added = this.#items.push(item) - 1
    this.#positions.set(item.id, added)
    const owner = this.#ownerOf(item)
    if (owner === undefined) return
    const positions = this.#owned.get(owner)
    if (positions) positions.push(added)
    else this.#owned.set(owner, [added])
  }

  /** Oldest first. */
  all(): readonly Item[] {
    return this.#items
  }

  /** All items of one owner, oldest first. */
  ownedBy(owner: string): Item[] {
    return (this.#owned.get(owner) ?? []).flatMap((position) => this.#items[position] ?? [])
  }

  /** Keyset pagination, oldest first: up to `limit` items created after the item `id`. */
  listAfter(id: string | undefined, limit: number): { items: Item[]; hasMore: boolean } {
    const from = id === undefined ? 0 : (this.#positions.get(id) ?? this.#items.length) + 1
    return { items: this.#items.slice(from, from + limit), hasMore: from + limit < this.#items.length }
  }

  /** Keyset pagination, newest first. Callers must reject unknown cursors beforehand. */
  page({ limit, startingAfter, endingBefore, owner, accepts = () => true }: PageQuery<Item>): {
    items: Item[]
    hasMore: boolean
  } {
    const positions = owner === undefined ? undefined : (this.#owned.get(owner) ?? [])
    const count = positions ? positions.length : this.#items.length
    const positionAt = (index: number): number => (positions ? (positions[index] ?? -1) : index)
    const above = endingBefore === undefined ? undefined : this.#positions.get(endingBefore)
    const below = startingAfter === undefined ? undefined : this.#positions.get(startingAfter)
    const found: Item[] = []
    // The scan runs from newest to oldest, or with ending_before from the cursor towards newer items, reversed at the end.
    const isForward = above !== undefined
    // Without an owner an index is a position, so the scan starts at the cursor and paging through all items stays linear.
    const start = positions ? 0 : isForward ? (above ?? -1) + 1 : below === undefined ? 0 : count - below
    for (let step = start; step < count && found.length <= limit; step++) {
      const position = positionAt(isForward ? step : count - 1 - step)
      if ((above !== undefined && position <= above) || (below !== undefined && position >= below)) continue
      const item = this.#items[position]
      if (item && accepts(item)) found.push(item)
    }
    const items = found.slice(0, limit)
    return { items: isForward ? items.toReversed() : items, hasMore: found.length > limit }
  }
}
