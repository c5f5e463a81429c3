import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { metrics, type Logger } from '#telemetry'
import { createSegmentedLru, type CachedAnswer } from './segmented-lru.ts'
import { openSharedTier, type SharedTier } from './shared-tier.ts'
import { watchVersions } from './versions.ts'

/** How long an answer counts as new without anybody having changed what it is made from, ms. */
export const freshMs = 3_000
/** How long an old answer stands in while a new one cannot be had, ms. */
export const staleMs = 24 * 3_600_000
/** How long a caller waits for a new answer where there is an old one, ms. */
const patienceMs = 300
/** After an attempt to renew an answer has failed, the old one is served so long without trying again, ms. */
const restMs = 1_000

/** What is asked of the cache: whoever asks with the same key gets the same bytes. */
export interface Question {
  key: string
  /** What the answer is made from: it is renewed when one of these tags has a new version. */
  tags: readonly string[]
  /** Makes the answer anew. What it throws is thrown to all who wait, unless there is an old answer to give instead. */
  load(): Promise<string>
}

export interface Served {
  body: Buffer
  etag: string
  ageMs: number
  /** `stale`: what it was made from may have changed. */
  state: 'hit' | 'miss' | 'stale'
}

/** Finished bytes of public answers: in process first, then in the cache's Redis. One load at a time for each key. */
export interface AnswerCache {
  /** The answer, if it is there and new. */
  fresh(question: Pick<Question, 'key' | 'tags'>): Served | undefined
  /** @throws what {@link Question.load} throws */
  answer(question: Question): Promise<Served>
  /** What there is, however old, without making anything; for when Postgres is not to be asked. */
  recall(question: Question): Promise<Served | undefined>
  close(): Promise<void>
}

export interface AnswerCacheOptions {
  /** Bytes of this process's memory. */
  maxBytes: number
  redisUrl: string | undefined
  /** What changes answers without changing their keys, such as the shop's currencies: others are not shared with. */
  scope: string
  /** The version of each tag, as Postgres has it; tags without one are at 0. */
  readVersions(): Promise<ReadonlyMap<string, number>>
  /** Whether an old answer is better than what load has thrown; a refusal is not. */
  isPassing(error: unknown): boolean
  log: Logger
}

export function openAnswerCache(options: AnswerCacheOptions): AnswerCache {
  const memory = createSegmentedLru(options.maxBytes)
  const flights = new Map<string, { startedAt: number; done: Promise<CachedAnswer> }>()
  const versions = watchVersions({ read: options.readVersions, onChange: () => shared?.announce() })
  const shared: SharedTier | undefined =
    options.redisUrl === undefined
      ? undefined
      : openSharedTier({ ...options, url: options.redisUrl, keepMs: staleMs, onAnnounced: versions.check })

  const isFresh = ({ loadedAt, version }: CachedAnswer, tags: readonly string[]): boolean =>
    performance.now() - loadedAt < freshMs && version >= versions.of(tags)
  const isUsable = (kept: CachedAnswer | undefined): kept is CachedAnswer =>
    kept !== undefined && performance.now() - kept.loadedAt < staleMs

  function remember(
    key: string,
    { body, version, ageMs }: { body: Buffer; version: number; ageMs: number },
  ): CachedAnswer {
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const kept: CachedAnswer = { body, etag, version, loadedAt: performance.now() - ageMs, retryAt: 0 }
    memory.set(key, kept)
    return kept
  }

  async function renew({ key, tags, load }: Question): Promise<CachedAnswer> {
    // Read before loading: what changes meanwhile makes the answer old.
    const version = versions.of(tags)
    const startedAt = performance.now()
    const found = await shared?.read(key)
    if (found !== undefined) {
      const known = memory.peek(key)
      const isNewer = known === undefined || startedAt - found.ageMs > known.loadedAt
      const kept = isNewer ? remember(key, found) : known
      if (isFresh(kept, tags)) return kept
    }
    try {
      const body = bytesOf(await load())
      shared?.write(key, { body, version })
      return remember(key, { body, version, ageMs: performance.now() - startedAt })
    } catch (error) {
      if (!options.isPassing(error)) {
        memory.delete(key)
        shared?.forget(key)
      }
      const old = memory.peek(key)
      if (old !== undefined) old.retryAt = performance.now() + restMs
      throw error
    }
  }

  function fly(question: Question): { startedAt: number; done: Promise<CachedAnswer> } {
    const known = flights.get(question.key)
    if (known !== undefined) return known
    const done = renew(question).finally(() => flights.delete(question.key))
    // Whoever waits hears of it; nobody may be left.
    done.catch(() => undefined)
    const flight = { startedAt: performance.now(), done }
    flights.set(question.key, flight)
    return flight
  }

  return {
    fresh({ key, tags }) {
      const kept = memory.get(key)
      return kept !== undefined && isFresh(kept, tags) ? serve(kept, 'hit') : undefined
    },
    async answer(question) {
      const kept = memory.get(question.key)
      if (kept !== undefined && isFresh(kept, question.tags)) return serve(kept, 'hit')
      if (isUsable(kept) && performance.now() < kept.retryAt) return serve(kept, 'stale')
      const { startedAt, done } = fly(question)
      try {
        const renewed = await within(startedAt + patienceMs - performance.now(), done)
        if (renewed !== undefined) return serve(renewed, 'miss')
        // What the shared tier has may have come meanwhile.
        const old = memory.peek(question.key)
        return isUsable(old) ? serve(old, 'stale') : serve(await done, 'miss')
      } catch (error) {
        const old = memory.peek(question.key)
        if (isUsable(old) && options.isPassing(error)) return serve(old, 'stale')
        throw error
      }
    },
    async recall({ key, tags }) {
      const kept = memory.get(key)
      if (isUsable(kept)) return serve(kept, isFresh(kept, tags) ? 'hit' : 'stale')
      const found = await shared?.read(key)
      return found === undefined ? undefined : serve(remember(key, found), 'stale')
    },
    async close() {
      await versions.close()
      await shared?.close()
      memory.clear()
    },
  }
}

function serve({ body, etag, loadedAt }: CachedAnswer, state: Served['state']): Served {
  metrics.cacheAnswers.inc({ state })
  return { body, etag, ageMs: performance.now() - loadedAt, state }
}

/** A buffer of its own: one cut from Node's shared slabs would keep all of its slab alive. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

/** @returns undefined when it takes longer */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  if (ms <= 0) return undefined
  const over = new AbortController()
  try {
    return await Promise.race([work, delay(ms, undefined, { signal: over.signal, ref: false })])
  } finally {
    over.abort()
  }
}
