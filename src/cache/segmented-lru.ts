import { LRUCache } from 'lru-cache'
import { metrics } from '#telemetry'

/** A response in this process's memory. */
export interface CacheEntry {
  readonly body: Buffer
  readonly etag: string
  /** Sum of the versions of its tags when it was made. Versions only grow. */
  readonly version: number
  /** By this process's monotonic clock, ms. */
  readonly loadedAt: number
  /** Not revalidated before this time, by the same clock. */
  retryAt: number
}

/** Bounded by bytes; the least recently used entry is evicted first. */
export interface SegmentedLru {
  get(key: string): CacheEntry | undefined
  /** As `get`, without counting as a use. */
  peek(key: string): CacheEntry | undefined
  set(key: string, entry: CacheEntry): void
  delete(key: string): void
  clear(): void
}

/** Approximate overhead of an entry beside its body and its key, bytes. */
const entryBytes = 400
const probationShare = 0.25

/**
 * Segmented LRU: an entry enters the probation segment and moves to the protected one when it is used again. One-off
 * requests stay in probation and cannot evict popular responses.
 */
export function createSegmentedLru(maxBytes: number): SegmentedLru {
  const segment = (share: number) =>
    new LRUCache<string, CacheEntry>({
      maxSize: Math.max(1, Math.floor(maxBytes * share)),
      sizeCalculation: ({ body }, key) => body.length + 2 * key.length + entryBytes,
    })
  const probationSegment = segment(probationShare)
  const protectedSegment = segment(1 - probationShare)
  const recordSize = () => metrics.cacheBytes.set(probationSegment.calculatedSize + protectedSegment.calculatedSize)

  return {
    get(key) {
      const known = protectedSegment.get(key)
      if (known !== undefined) return known
      const entry = probationSegment.get(key)
      if (entry === undefined) return undefined
      probationSegment.delete(key)
      protectedSegment.set(key, entry)
      return entry
    },
    peek: (key) => protectedSegment.peek(key) ?? probationSegment.peek(key),
    set(key, entry) {
      if (protectedSegment.has(key)) protectedSegment.set(key, entry)
      else probationSegment.set(key, entry)
      recordSize()
    },
    delete(key) {
      probationSegment.delete(key)
      protectedSegment.delete(key)
      recordSize()
    },
    clear() {
      probationSegment.clear()
      protectedSegment.clear()
      recordSize()
    },
  }
}
