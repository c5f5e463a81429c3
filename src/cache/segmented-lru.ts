import { LRUCache } from 'lru-cache'
import { metrics } from '#telemetry'

/** An answer in this process's memory. */
export interface CachedAnswer {
  readonly body: Buffer
  readonly etag: string
  /** Sum of the versions of its tags when it was made; versions only grow. */
  readonly version: number
  /** By this process's monotonic clock. */
  readonly loadedAt: number
  /** Until then it is not renewed again. */
  retryAt: number
}

/** Bounded by bytes; the least recently used goes first. */
export interface SegmentedLru {
  get(key: string): CachedAnswer | undefined
  /** As `get`, without counting as use. */
  peek(key: string): CachedAnswer | undefined
  set(key: string, kept: CachedAnswer): void
  delete(key: string): void
  clear(): void
}

/** What an entry takes beside its bytes and its key, about. */
const entryBytes = 400
/** The share of what was asked for once. */
const onceShare = 0.25

/**
 * Two lines: what was asked for once stands in a small one of its own, so that a stranger who asks a million different
 * questions cannot push out what everybody asks for.
 */
export function createSegmentedLru(maxBytes: number): SegmentedLru {
  const line = (share: number) =>
    new LRUCache<string, CachedAnswer>({
      maxSize: Math.max(1, Math.floor(maxBytes * share)),
      sizeCalculation: ({ body }, key) => body.length + 2 * key.length + entryBytes,
    })
  const once = line(onceShare)
  const often = line(1 - onceShare)
  const note = () => metrics.cacheBytes.set(once.calculatedSize + often.calculatedSize)

  return {
    get(key) {
      const known = often.get(key)
      if (known !== undefined) return known
      const kept = once.get(key)
      if (kept === undefined) return undefined
      once.delete(key)
      often.set(key, kept)
      return kept
    },
    peek: (key) => often.peek(key) ?? once.peek(key),
    set(key, kept) {
      if (often.has(key)) often.set(key, kept)
      else once.set(key, kept)
      note()
    },
    delete(key) {
      once.delete(key)
      often.delete(key)
      note()
    },
    clear() {
      once.clear()
      often.clear()
      note()
    },
  }
}
