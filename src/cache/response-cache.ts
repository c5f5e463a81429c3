import { createHash } from 'node:crypto'
import { settledWithin } from '#lib/deadline'
import { metrics, type Logger } from '#telemetry'
import { createSegmentedLru, type CacheEntry } from './segmented-lru.ts'
import { openSharedTier, type SharedTier } from './shared-tier.ts'
import { watchTagVersions } from './tag-versions.ts'

/** Age up to which an entry is fresh, ms, unless one of its tags gets a new version earlier. */
export const freshMs = 3_000
/** Age up to which a stale entry may be served while no fresh one can be had, ms. */
export const staleMs = 24 * 3_600_000
/** Longest wait for a revalidation where there is a stale entry to serve, ms. */
const revalidationWaitMs = 300
/** Pause after a failed revalidation, ms: the stale entry is served and nothing is loaded. */
const retryPauseMs = 1_000

export interface CacheLookup {
  /** Equal keys get equal bytes. */
  key: string
  /** Tags of the data that the response is made from: a new version of one of them makes the entry stale. */
  tags: readonly string[]
  /** Makes the response. Its error is thrown to all concurrent callers, unless there is a stale entry to serve instead. */
  load(): Promise<string>
}

export interface CachedResponse {
  body: Buffer
  etag: string
  ageMs: number
  /** `stale`: the data it was made from may have changed. */
  state: 'hit' | 'miss' | 'stale'
}

/**
 * Stale-while-revalidate and stale-if-error cache (RFC 5861) of public responses as ready bytes, with single-flight: loads
 * of one key are shared. The first tier is in process, the second in the cache's own Redis.
 */
export interface ResponseCache {
  /** The entry if it is there and fresh. */
  getFresh(lookup: Pick<CacheLookup, 'key' | 'tags'>): CachedResponse | undefined
  /** A fresh response, or a stale one where loading takes long or fails transiently. @throws what {@link CacheLookup.load} throws */
  getOrLoad(lookup: CacheLookup): Promise<CachedResponse>
  /** The entry of any age, without loading: for a time when Postgres must not be queried. */
  getIfPresent(lookup: CacheLookup): Promise<CachedResponse | undefined>
  close(): Promise<void>
}

export interface ResponseCacheOptions {
  /** Memory of the tier in process, bytes. */
  maxBytes: number
  redisUrl: string | undefined
  /** Settings that change responses but not their keys, such as the shop's currencies: only an equal scope is shared. */
  scope: string
  /** The version of each tag in Postgres; tags that are missing are at 0. */
  readVersions(): Promise<ReadonlyMap<string, number>>
  /** Whether a stale response is better than this error of a load; of a rejection it is not. */
  isTransient(error: unknown): boolean
  log: Logger
}

export function openResponseCache(options: ResponseCacheOptions): ResponseCache {
  const entries = createSegmentedLru(options.maxBytes)
  const loads = new Map<string, { startedAt: number; done: Promise<CacheEntry> }>()
  const versions = watchTagVersions({ read: options.readVersions, onChange: () => shared?.announce() })
  const shared: SharedTier | undefined =
    options.redisUrl === undefined
      ? undefined
      : openSharedTier({ ...options, url: options.redisUrl, keepMs: staleMs, onAnnounced: versions.check })

  const isFresh = ({ loadedAt, version }: CacheEntry, tags: readonly string[]): boolean =>
    performance.now() - loadedAt < freshMs && version >= versions.of(tags)
  const isUsable = (entry: CacheEntry | undefined): entry is CacheEntry =>
    entry !== undefined && performance.now() - entry.loadedAt < staleMs

  function store(key: string, { body, version, ageMs }: { body: Buffer; version: number; ageMs: number }): CacheEntry {
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const entry: CacheEntry = { body, etag, version, loadedAt: performance.now() - ageMs, retryAt: 0 }
    entries.set(key, entry)
    return entry
  }

  async function load({ key, tags, load: loadBody }: CacheLookup): Promise<CacheEntry> {
    // Read before loading: a change during the load makes the entry stale.
    const version = versions.of(tags)
    const startedAt = performance.now()
    const found = await shared?.read(key)
    if (found !== undefined) {
      const known = entries.peek(key)
      const isNewer = known === undefined || startedAt - found.ageMs > known.loadedAt
      const entry = isNewer ? store(key, found) : known
      if (isFresh(entry, tags)) return entry
    }
    try {
      const body = bytesOf(await loadBody())
      shared?.write(key, { body, version })
      return store(key, { body, version, ageMs: performance.now() - startedAt })
    } catch (error) {
      if (!options.isTransient(error)) {
        entries.delete(key)
        shared?.delete(key)
      }
      const stale = entries.peek(key)
      if (stale !== undefined) stale.retryAt = performance.now() + retryPauseMs
      throw error
    }
  }

  /** Single-flight per key: concurrent callers share one load. */
  function loadOnce(lookup: CacheLookup): { startedAt: number; done: Promise<CacheEntry> } {
    const underWay = loads.get(lookup.key)
    if (underWay !== undefined) return underWay
    const done = load(lookup).finally(() => loads.delete(lookup.key))
    // Callers that wait handle the error. There may be none left, and then it must not count as unhandled.
    done.catch(() => undefined)
    const started = { startedAt: performance.now(), done }
    loads.set(lookup.key, started)
    return started
  }

  return {
    getFresh({ key, tags }) {
      const entry = entries.get(key)
      return entry !== undefined && isFresh(entry, tags) ? responseOf(entry, 'hit') : undefined
    },
    async getOrLoad(lookup) {
      const entry = entries.get(lookup.key)
      if (entry !== undefined && isFresh(entry, lookup.tags)) return responseOf(entry, 'hit')
      if (isUsable(entry) && performance.now() < entry.retryAt) return responseOf(entry, 'stale')
      const { startedAt, done } = loadOnce(lookup)
      try {
        const waitMs = startedAt + revalidationWaitMs - performance.now()
        if (waitMs > 0 && (await settledWithin(waitMs, done))) return responseOf(await done, 'miss')
        // The shared tier may have filled the entry meanwhile.
        const stale = entries.peek(lookup.key)
        return isUsable(stale) ? responseOf(stale, 'stale') : responseOf(await done, 'miss')
      } catch (error) {
        const stale = entries.peek(lookup.key)
        if (isUsable(stale) && options.isTransient(error)) return responseOf(stale, 'stale')
        throw error
      }
    },
    async getIfPresent({ key, tags }) {
      const entry = entries.get(key)
      if (isUsable(entry)) return responseOf(entry, isFresh(entry, tags) ? 'hit' : 'stale')
      const found = await shared?.read(key)
      return found === undefined ? undefined : responseOf(store(key, found), 'stale')
    },
    async close() {
      await versions.close()
      await shared?.close()
      entries.clear()
    },
  }
}

function responseOf({ body, etag, loadedAt }: CacheEntry, state: CachedResponse['state']): CachedResponse {
  metrics.cacheAnswers.inc({ state })
  return { body, etag, ageMs: performance.now() - loadedAt, state }
}

/** A separate allocation: a slice of Node's shared pool would keep its whole slab alive. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
