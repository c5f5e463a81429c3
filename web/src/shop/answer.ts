import { useEffect, useState } from 'react'
import { failureOf, type Failure } from './failure.ts'
import { load, remember, retryFailed, useRemembered } from './memory.ts'
import type { Page } from './types.ts'

export interface Answer<Data> {
  /** Undefined while nothing can be shown yet. */
  data: Data | undefined
  /** `data` answers an earlier question and the new answer is on its way. */
  isStale: boolean
  /** Set when the last try failed and there is nothing to show. */
  failure: Failure | undefined
  retry: () => void
}

/**
 * Asks the shop whenever `key` changes, and shows what is remembered meanwhile.
 * @param key names the question with everything it depends on; null asks nothing
 */
export function useAnswer<Data>(key: string | null, ask: () => Promise<Data>): Answer<Data> {
  const remembered = useRemembered(key)
  // What is remembered under a key was answered to the same question.
  const data = remembered?.data as Data | undefined
  const [last, setLast] = useState(data)
  if (data !== undefined && data !== last) setLast(data)

  useEffect(() => {
    if (key !== null) void load(key, ask)
    // `ask` is made anew with each render; `key` says when it asks something else.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])

  const failure = remembered?.failure
  const shown = data ?? (failure || key === null ? undefined : last)
  return { data: shown, isStale: shown !== undefined && data === undefined, failure, retry: retryFailed }
}

export interface Pages<Item, First> extends Answer<First> {
  items: Item[]
  hasMore: boolean
  isLoadingMore: boolean
  moreFailure: Failure | undefined
  loadMore: () => void
}

/** A list that grows page by page. What was loaded is remembered too. */
export function usePages<Item, First extends Page<Item>>(
  key: string | null,
  ask: (cursor?: string) => Promise<First>,
): Pages<Item, First> {
  const first = useAnswer(key, () => ask())
  const laterKey = `${key ?? ''}+`
  const later = useRemembered(laterKey)?.data as Page<Item> | undefined
  const [loadingKey, setLoadingKey] = useState<string | null>(null)
  const [moreFailure, setMoreFailure] = useState<Failure | undefined>()
  const nextCursor = (later ?? first.data)?.nextCursor ?? null

  async function loadMore(): Promise<void> {
    if (nextCursor === null || loadingKey === laterKey) return
    setLoadingKey(laterKey)
    setMoreFailure(undefined)
    try {
      const page = await ask(nextCursor)
      remember(laterKey, { items: [...(later?.items ?? []), ...page.items], nextCursor: page.nextCursor })
    } catch (error) {
      setMoreFailure(failureOf(error))
    } finally {
      setLoadingKey(null)
    }
  }

  return {
    ...first,
    items: [...(first.data?.items ?? []), ...(first.isStale ? [] : (later?.items ?? []))],
    hasMore: nextCursor !== null && !first.isStale,
    isLoadingMore: loadingKey === laterKey,
    moreFailure,
    loadMore: () => void loadMore(),
  }
}
