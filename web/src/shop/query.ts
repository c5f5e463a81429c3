import { useEffect, useState } from 'react'
import { failureOf, type Failure } from './failure.ts'
import { fetchQuery, cacheData, retryFailed, useCacheEntry } from './query-cache.ts'
import type { Page } from './types.ts'

/** State of a query as a component shows it. */
export interface QueryState<Data> {
  /** Undefined while nothing can be shown yet. */
  data: Data | undefined
  /** `data` belongs to the previous key; the data of the current key is loading. */
  isStale: boolean
  /** Set when the last request failed and there is no data to show. */
  failure: Failure | undefined
  retry: () => void
}

/**
 * Stale-while-revalidate query: fetches whenever `key` changes, and shows cached data meanwhile.
 * @param key identifies the request with all its parameters; null fetches nothing
 */
export function useQuery<Data>(key: string | null, fetchData: () => Promise<Data>): QueryState<Data> {
  const entry = useCacheEntry(key)
  // A key identifies one request, so its cached data has that request's type.
  const data = entry?.data as Data | undefined
  const [previousData, setPreviousData] = useState(data)
  if (data !== undefined && data !== previousData) setPreviousData(data)

  useEffect(() => {
    if (key !== null) void fetchQuery(key, fetchData)
    // `fetchData` is a new function on each render; `key` changes when the request does.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])

  const failure = entry?.failure
  const shownData = data ?? (failure || key === null ? undefined : previousData)
  return { data: shownData, isStale: shownData !== undefined && data === undefined, failure, retry: retryFailed }
}

/** State of a paginated query: the items of all loaded pages, in order. */
export interface PaginatedQueryState<Item, First> extends QueryState<First> {
  items: Item[]
  hasMore: boolean
  isLoadingMore: boolean
  moreFailure: Failure | undefined
  loadMore: () => void
}

/** Keyset-paginated query: a list that grows page by page. Later pages are cached too. */
export function usePaginatedQuery<Item, First extends Page<Item>>(
  key: string | null,
  fetchPage: (cursor?: string) => Promise<First>,
): PaginatedQueryState<Item, First> {
  const first = useQuery(key, () => fetchPage())
  const laterPagesKey = `${key ?? ''}+`
  const laterPages = useCacheEntry(laterPagesKey)?.data as Page<Item> | undefined
  const [loadingKey, setLoadingKey] = useState<string | null>(null)
  const [moreFailure, setMoreFailure] = useState<Failure | undefined>()
  const nextCursor = (laterPages ?? first.data)?.nextCursor ?? null

  async function loadMore(): Promise<void> {
    if (nextCursor === null || loadingKey === laterPagesKey) return
    setLoadingKey(laterPagesKey)
    setMoreFailure(undefined)
    try {
      const page = await fetchPage(nextCursor)
      cacheData(laterPagesKey, { items: [...(laterPages?.items ?? []), ...page.items], nextCursor: page.nextCursor })
    } catch (error) {
      setMoreFailure(failureOf(error))
    } finally {
      setLoadingKey(null)
    }
  }

  return {
    ...first,
    items: [...(first.data?.items ?? []), ...(first.isStale ? [] : (laterPages?.items ?? []))],
    hasMore: nextCursor !== null && !first.isStale,
    isLoadingMore: loadingKey === laterPagesKey,
    moreFailure,
    loadMore: () => void loadMore(),
  }
}
