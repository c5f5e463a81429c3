export interface PageQuery<Item> {
  /** At most this many. */
  limit: number
  startingAfter?: string | undefined
  endingBefore?: string | undefined
  /** Only items of this owner, found by index. */
  owner?: string | undefined
  accepts?: (item: Item) => boolean
}

interface Stored {
  id: string
}

/** Items in the order of their creation, listed newest first as Stripe does. An item keeps its place when it changes. */
export class ObjectStore<Item extends Stored> {
  #items: Item[] = []
  #places = new Map<string, number>()
  #owned = new Map<string, number[]>()
  #ownerOf: (item: Item) => string | undefined

  constructor(ownerOf: (item: Item) => string | undefined = () => undefined) {
    this.#ownerOf = ownerOf
  }

  get size(): number {
    return this.#items.length
  }

  get(id: string): Item | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#items[place]
  }

  put(item: Item): void {
    const place = this.#places.get(item.id)
    if (place !== undefined) {
      this.#items[place] = item
      return
    }
    const added = this.#items.push(item) - 1
    this.#places.set(item.id, added)
    const owner = this.#ownerOf(item)
    if (owner === undefined) return
    const places = this.#owned.get(owner)
    if (places) places.push(added)
    else this.#owned.set(owner, [added])
  }

  /** Oldest first. */
  all(): readonly Item[] {
    return this.#items
  }

  /** Oldest first; all of one owner. */
  ownedBy(owner: string): Item[] {
    return (this.#owned.get(owner) ?? []).flatMap((place) => this.#items[place] ?? [])
  }

  /** Oldest first: up to `limit` items created after the one named, with whether there are more. */
  following(id: string | undefined, limit: number): { items: Item[]; hasMore: boolean } {
    const from = id === undefined ? 0 : (this.#places.get(id) ?? this.#items.length) + 1
    return { items: this.#items.slice(from, from + limit), hasMore: from + limit < this.#items.length }
  }

  /** Newest first. An unknown cursor is the caller's to refuse beforehand. */
  page({ limit, startingAfter, endingBefore, owner, accepts = () => true }: PageQuery<Item>): {
    items: Item[]
    hasMore: boolean
  } {
    const places = owner === undefined ? undefined : (this.#owned.get(owner) ?? [])
    const count = places ? places.length : this.#items.length
    const placeAt = (index: number): number => (places ? (places[index] ?? -1) : index)
    const above = endingBefore === undefined ? undefined : this.#places.get(endingBefore)
    const below = startingAfter === undefined ? undefined : this.#places.get(startingAfter)
    const found: Item[] = []
    // Towards older items from the newest, or from ending_before towards newer ones, turned round at the end.
    const isForward = above !== undefined
    // Without an owner a place is its own index: the scan starts at the cursor, so that paging through all stays linear.
    const start = places ? 0 : isForward ? (above ?? -1) + 1 : below === undefined ? 0 : count - below
    for (let step = start; step < count && found.length <= limit; step++) {
      const place = placeAt(isForward ? step : count - 1 - step)
      if ((above !== undefined && place <= above) || (below !== undefined && place >= below)) continue
      const item = this.#items[place]
      if (item && accepts(item)) found.push(item)
    }
    const items = found.slice(0, limit)
    return { items: isForward ? items.toReversed() : items, hasMore: found.length > limit }
  }
}
