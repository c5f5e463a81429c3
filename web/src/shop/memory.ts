import { useCallback, useSyncExternalStore } from 'react'
import { failureOf, type Failure } from './failure.ts'

/** What the shop answered to one question, or why it did not. */
interface Remembered {
  data?: unknown
  failure?: Failure
  /** When it arrived, ms. */
  at: number
}

type Ask = () => Promise<unknown>

/**
 * Answers of this visit: several parts of a page share one, and going back shows a page at once. Questions are named by
 * keys that hold everything they depend on.
 */
const answers = new Map<string, Remembered>()
const answersMax = 100
/** An answer this young is not asked for again. */
const freshMs = 5000

const asks = new Map<string, Ask>()
const pending = new Set<string>()
const watchers = new Map<string, Set<() => void>>()

function settle(key: string, answer: Remembered | undefined): void {
  answers.delete(key)
  if (answer !== undefined) answers.set(key, answer)
  for (const [old] of answers) {
    if (answers.size <= answersMax) break
    if (!watchers.has(old)) answers.delete(old)
  }
  for (const notify of watchers.get(key) ?? []) notify()
}

export const remember = (key: string, data: unknown): void => settle(key, { data, at: Date.now() })

/** Asks, unless the same is being asked or was answered just now. A failure never takes away what is known. */
export async function load(key: string, ask: Ask): Promise<void> {
  asks.set(key, ask)
  const known = answers.get(key)
  if (pending.has(key) || (known?.data !== undefined && Date.now() - known.at < freshMs)) return
  pending.add(key)
  try {
    remember(key, await ask())
  } catch (error) {
    if (answers.get(key)?.data === undefined) settle(key, { failure: failureOf(error), at: Date.now() })
  } finally {
    pending.delete(key)
    if (!watchers.has(key)) asks.delete(key)
  }
}

/** Asks again for everything in sight that failed: what one part of a page lacks, others mostly lack too. */
export function retryFailed(): void {
  for (const [key, { failure }] of Array.from(answers)) {
    const ask = asks.get(key)
    if (failure === undefined) continue
    settle(key, undefined)
    if (ask !== undefined && watchers.has(key)) void load(key, ask)
  }
}

function watch(key: string, notify: () => void): () => void {
  const those = watchers.get(key) ?? new Set()
  watchers.set(key, those.add(notify))
  return () => {
    those.delete(notify)
    if (those.size === 0) watchers.delete(key)
  }
}

/** What is remembered under this key, now and whenever it changes. */
export function useRemembered(key: string | null): Remembered | undefined {
  const subscribe = useCallback((notify: () => void) => (key === null ? () => undefined : watch(key, notify)), [key])
  return useSyncExternalStore(subscribe, () => (key === null ? undefined : answers.get(key)))
}

addEventListener('online', retryFailed)
