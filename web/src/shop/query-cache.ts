import { useCallback, useSyncExternalStore } from 'react'
import { failureOf, type Failure } from './failure.ts'

/** Result of one query: its data or its failure. */
interface CacheEntry {
  data?: unknown
  failure?: Failure
  /** Time of arrival, ms since 1970. */
  atMs: number
}

type Fetcher = () => Promise<unknown>

/**
 * Query cache of this page load, evicted oldest first: parts of a page share results, and going back shows a page immediately.
 * A key holds all parameters of its query. Entries on screen are never evicted.
 */
const entries = new Map<string, CacheEntry>()
const entriesMax = 100
/** Age below which data is not fetched again. */
const freshMs = 5000

const fetchers = new Map<string, Fetcher>()
const inFlight = new Set<string>()
/** Grows when the cache is cleared: the response of an earlier query is then not stored. */
let generation = 0
const subscribers = new Map<string, Set<() => void>>()

function storeEntry(key: string, entry: CacheEntry | undefined): void {
  entries.delete(key)
  if (entry !== undefined) entries.set(key, entry)
  for (const [old] of entries) {
    if (entries.size <= entriesMax) break
    if (!subscribers.has(old)) entries.delete(old)
  }
  for (const notify of subscribers.get(key) ?? []) notify()
}

/** Stores fresh data under a key and notifies its subscribers. */
export const cacheData = (key: string, data: unknown): void => storeEntry(key, { data, atMs: Date.now() })

/** Fetches unless the same query is in flight or its data is fresh. A failure never replaces cached data. */
export async function fetchQuery(key: string, fetcher: Fetcher): Promise<void> {
  fetchers.set(key, fetcher)
  const cached = entries.get(key)
  if (inFlight.has(key) || (cached?.data !== undefined && Date.now() - cached.atMs < freshMs)) return
  inFlight.add(key)
  const startedIn = generation
  try {
    const data = await fetcher()
    if (startedIn === generation) cacheData(key, data)
  } catch (error) {
    if (startedIn === generation && entries.get(key)?.data === undefined)
      storeEntry(key, { failure: failureOf(error), atMs: Date.now() })
  } finally {
    if (startedIn === generation) inFlight.delete(key)
    if (!subscribers.has(key)) fetchers.delete(key)
  }
}

/** Forgets all responses, and fetches those on screen again: another user is logged in. */
export function clearQueries(): void {
  generation += 1
  inFlight.clear()
  for (const key of Array.from(entries.keys())) storeEntry(key, undefined)
  for (const [key, fetcher] of Array.from(fetchers)) if (subscribers.has(key)) void fetchQuery(key, fetcher)
}

/** Repeats every failed query on screen: parts of a page mostly fail for the same reason. */
export function retryFailed(): void {
  for (const [key, { failure }] of Array.from(entries)) {
    const fetcher = fetchers.get(key)
    if (failure === undefined) continue
    storeEntry(key, undefined)
    if (fetcher !== undefined && subscribers.has(key)) void fetchQuery(key, fetcher)
  }
}

function subscribeTo(key: string, notify: () => void): () => void {
  const listeners = subscribers.get(key) ?? new Set()
  subscribers.set(key, listeners.add(notify))
  return () => {
    listeners.delete(notify)
    if (listeners.size === 0) subscribers.delete(key)
  }
}

/** The cache entry of this key; renders again when it changes. */
export function useCacheEntry(key: string | null): CacheEntry | undefined {
  const subscribe = useCallback(
    (notify: () => void) => (key === null ? () => undefined : subscribeTo(key, notify)),
    [key],
  )
  return useSyncExternalStore(subscribe, () => (key === null ? undefined : entries.get(key)))
}

addEventListener('online', retryFailed)
