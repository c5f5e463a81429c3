import { useCallback, useEffect, useState } from 'react'
import { failureOf, type Failure } from './failure.ts'
import type { Page } from './types.ts'

/** Answers of this visit, so that going back shows a page at once; the oldest give way. */
const memory = new Map<string, unknown>()
const memoryMax = 80

export function remember(key: string, answer: unknown): void {
  memory.delete(key)
  memory.set(key, answer)
  const oldest = memory.keys().next()
  if (memory.size > memoryMax && oldest.done !== true) memory.delete(oldest.value)
}

export interface Answer<Data> {
  /** Undefined while nothing can be shown yet. */
  data: Data | undefined
  /** `data` answers an earlier question and the new answer is on its way. */
  isStale: boolean
  /** Set when the last try failed and there is nothing to show. */
  failure: Failure | undefined
  retry: () => void
}

interface Settled<Data> {
  key: string | null
  data?: Data
  failure?: Failure
}

/**
 * Asks the shop whenever `key` changes, and shows what is remembered meanwhile.
 * @param key names the question with everything it depends on; null asks nothing
 */
export function useAnswer<Data>(key: string | null, ask: () => Promise<Data>): Answer<Data> {
  const [settled, setSettled] = useState<Settled<Data>>({ key: null })
  const [tries, setTries] = useState(0)

  useEffect(() => {
    if (key === null) return
    let isCurrent = true
    ask().then(
      (data) => {
        remember(key, data)
        if (isCurrent) setSettled({ key, data })
      },
      (error: unknown) => {
        if (isCurrent) setSettled((before) => ({ ...(before.data !== undefined && { data: before.data }), key, failure: failureOf(error) }))
      },
    )
    return () => {
      isCurrent = false
    }
    // `ask` is made anew with each render; `key` says when it asks something else.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key, tries])

  const retry = useCallback(() => {
    setSettled({ key: null })
    setTries((before) => before + 1)
  }, [])

  const isSettled = settled.key === key
  const known = isSettled && settled.failure === undefined ? settled.data : key === null ? undefined : (memory.get(key) as Data | undefined)
  const data = known ?? (isSettled ? undefined : settled.data)
  return {
    data,
    isStale: data !== undefined && known === undefined,
    failure: isSettled && data === undefined ? settled.failure : undefined,
    retry,
  }
}

export interface Pages<Item, First> extends Answer<First> {
  items: Item[]
  hasMore: boolean
  isLoadingMore: boolean
  moreFailure: Failure | undefined
  loadMore: () => void
}

interface Later<Item> extends Page<Item> {
  key: string
}

/** A list that grows page by page. What was loaded is remembered too. */
export function usePages<Item, First extends Page<Item>>(key: string | null, ask: (cursor?: string) => Promise<First>): Pages<Item, First> {
  const first = useAnswer(key, () => ask())
  const laterKey = `${key ?? ''}+`
  const [later, setLater] = useState<Later<Item> | undefined>()
  const [loading, setLoading] = useState<string | null>(null)
  const [moreFailure, setMoreFailure] = useState<Failure | undefined>()

  const kept = later?.key === laterKey ? later : first.isStale ? undefined : (memory.get(laterKey) as Later<Item> | undefined)
  const nextCursor = (kept ?? first.data)?.nextCursor ?? null

  async function loadMore(): Promise<void> {
    if (nextCursor === null || loading === laterKey) return
    setLoading(laterKey)
    setMoreFailure(undefined)
    try {
      const page = await ask(nextCursor)
      const grown = { key: laterKey, items: [...(kept?.items ?? []), ...page.items], nextCursor: page.nextCursor }
      remember(laterKey, grown)
      setLater(grown)
    } catch (error) {
      setMoreFailure(failureOf(error))
    } finally {
      setLoading(null)
    }
  }

  return {
    ...first,
    items: [...(first.data?.items ?? []), ...(kept?.items ?? [])],
    hasMore: nextCursor !== null && !first.isStale,
    isLoadingMore: loading === laterKey,
    moreFailure,
    loadMore: () => void loadMore(),
  }
}
