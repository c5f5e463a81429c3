import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLog } from '#telemetry'
import { eventually, startRedis, waitFor } from '#test'
import { openResponseCache, type ResponseCacheOptions } from './response-cache.ts'
import { openSharedTier } from './shared-tier.ts'

/** A cache, and the tag versions that its Postgres would hold. */
function openCache(changes: Partial<ResponseCacheOptions> = {}) {
  const versions = new Map<string, number>()
  const cache = openResponseCache({
    maxBytes: 1_000_000,
    redisUrl: undefined,
    scope: 'test',
    readVersions: async () => new Map(versions),
    isTransient: (error) => (error as Error).message === 'unavailable',
    log: createLog('silent'),
    ...changes,
  })
  return {
    versions,
    get: (load: () => Promise<string>, key = 'key') => cache.getOrLoad({ key, tags: ['product'], load }),
    getIfPresent: (key = 'key') =>
      cache.getIfPresent({ key, tags: ['product'], load: () => Promise.reject(new Error('loaded')) }),
    [Symbol.asyncDispose]: () => cache.close(),
  }
}

afterEach(() => void vi.useRealTimers())

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const loader = (n: number) => async () => `{"n":${n}}`
const unavailable = () => Promise.reject(new Error('unavailable'))
const textOf = async (response: Promise<{ body: Buffer; state: string } | undefined>) => {
  const { body: bytes, state } = (await response) ?? { body: 'nothing', state: 'nothing' }
  return `${state} ${bytes.toString()}`
}

describe('one process', () => {
  test('single-flight: 500 concurrent requests share one load and its response', async () => {
    await using cache = openCache()
    let loads = 0
    const load = async () => `{"n":${(loads += 1)}}`
    const responses = await Promise.all(Array.from({ length: 500 }, () => cache.get(load)))
    expect(new Set(responses.map((response) => response.body.toString()))).toEqual(new Set(['{"n":1}']))
    expect((await cache.get(load)).state).toBe('hit')
    expect(loads).toBe(1)
  })

  test('a response is loaded again when one of its tags has a new version, or after a few seconds', async () => {
    await using cache = openCache()
    expect(await textOf(cache.get(loader(1)))).toBe('miss {"n":1}')
    expect(await textOf(cache.get(loader(2)))).toBe('hit {"n":1}')
    cache.versions.set('product', 1)
    await waitFor(async () => (await textOf(cache.get(loader(2)))) === 'miss {"n":2}', { what: 'the new version' })
    cache.versions.set('another', 1)
    await waitFor(async () => (await textOf(cache.get(loader(3)))) === 'miss {"n":3}', {
      what: 'the response to be a few seconds old',
    })
  })

  test('stale-if-error: a stale response is served, marked as stale, while loading fails', async () => {
    await using cache = openCache()
    await cache.get(loader(1))
    cache.versions.set('product', 1)
    await waitFor(async () => (await textOf(cache.get(unavailable))) === 'stale {"n":1}', {
      what: 'the version to be seen',
    })
    expect(await textOf(cache.getIfPresent())).toBe('stale {"n":1}')
    await waitFor(async () => (await textOf(cache.get(loader(2)))) === 'miss {"n":2}', { what: 'the next attempt' })
  })

  test('stale-while-revalidate: a slow load is not waited for where there is a stale response', async () => {
    await using cache = openCache()
    await cache.get(loader(1))
    cache.versions.set('product', 1)
    const slow = Promise.withResolvers<string>()
    await waitFor(async () => (await cache.get(() => slow.promise)).state === 'stale', {
      what: 'the version to be seen',
    })
    // The request that started the load has waited the 300 ms; with the clock stopped a further wait would never end.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    expect(await textOf(cache.get(unavailable))).toBe('stale {"n":1}')
    vi.useRealTimers()
    slow.resolve('{"n":2}')
    await waitFor(async () => (await textOf(cache.get(unavailable))) === 'hit {"n":2}', { what: 'the slow load' })
  })

  test('a rejection is thrown to its callers, is not stored, and drops the stored response', async () => {
    await using cache = openCache()
    const reject = () => Promise.reject(new Error('not found'))
    await expect(cache.get(reject)).rejects.toThrow('not found')
    await cache.get(loader(1))
    cache.versions.set('product', 1)
    await waitFor(
      () =>
        cache.get(reject).then(
          () => false,
          () => true,
        ),
      { what: 'the version to be seen' },
    )
    await expect(cache.get(unavailable)).rejects.toThrow('unavailable')
    expect(await cache.getIfPresent()).toBeUndefined()
  })

  test('thousands of one-off requests neither grow the cache nor evict a popular response', async () => {
    const maxBytes = 2_000_000
    await using cache = openCache({ maxBytes })
    await cache.get(loader(1), 'popular')
    await cache.get(loader(1), 'popular')
    const large = `{"text":"${'x'.repeat(10_000)}"}`
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 5_000; n += 1) await cache.get(async () => large, `one-off ${n}`)
    // Retained memory only: collected buffers are freed by another thread, soon after.
    await eventually(() => {
      collectGarbage()
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * maxBytes)
    })
    expect(await cache.getIfPresent('one-off 0')).toBeUndefined()
    expect(await textOf(cache.getIfPresent('popular'))).toMatch(/\{"n":1\}/)
  })
})

describe('replicas with a Redis', () => {
  /** @returns the key of a response that one replica has loaded and the other finds */
  const shareResponse = (one: ReturnType<typeof openCache>, other: ReturnType<typeof openCache>): Promise<string> =>
    waitFor(
      async () => {
        const key = randomUUID()
        await one.get(loader(1), key)
        return (await other.getIfPresent(key)) === undefined ? undefined : key
      },
      { what: 'a response to be shared' },
    )

  test('share the responses that one of them has loaded', async () => {
    await using redis = await startRedis()
    await using one = openCache({ redisUrl: redis.url })
    await using other = openCache({ redisUrl: redis.url })
    const key = await shareResponse(one, other)
    expect(await textOf(other.get(unavailable, key))).toMatch(/"n":1/)
    await using another = openCache({ redisUrl: redis.url, scope: 'other currencies' })
    expect(await another.getIfPresent(key)).toBeUndefined()
  })

  test('announce changes to each other immediately', async () => {
    await using redis = await startRedis()
    const notified: string[] = []
    const open = (name: string) =>
      openSharedTier({
        url: redis.url,
        scope: 'test',
        keepMs: 10_000,
        onAnnounced: () => notified.push(name),
        log: createLog('silent'),
      })
    const [one, other] = [open('one'), open('other')]
    await waitFor(() => (one.announce(), notified.length > 0), { what: 'the other to be notified' })
    expect(new Set(notified)).toEqual(new Set(['other']))
    await Promise.all([one.close(), other.close()])
  })

  test('keep working while Redis hangs, is stopped, or holds values of another program', async () => {
    const redis = await startRedis()
    await using one = openCache({ redisUrl: redis.url })
    await using other = openCache({ redisUrl: redis.url })
    const key = await shareResponse(one, other)
    await using another = openCache({ redisUrl: redis.url })
    await shareResponse(one, another)
    const client = new Redis(redis.url)
    for (const name of await client.keys('*')) await client.set(name, 'something else')
    expect(await textOf(another.get(loader(2), key))).toBe('miss {"n":2}')

    client.disconnect()

    const reads = async () =>
      Number(/cmdstat_get:calls=(\d+)/.exec(String(await redis.call('info', 'commandstats')))?.[1])
    const before = await reads()
    redis.freeze()
    for (let n = 0; n < 50; n += 1) expect(await textOf(one.get(loader(n), `${n}`))).toBe(`miss {"n":${n}}`)
    // Redis receives now what was sent to it meanwhile: a read that waited in vain, but not one for each request.
    redis.thaw()
    expect((await reads()) - before).toBeLessThan(25)
    await redis.stop()
    for (let n = 50; n < 100; n += 1) expect(await textOf(one.get(loader(n), `${n}`))).toBe(`miss {"n":${n}}`)
  })
})
