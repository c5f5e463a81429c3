import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { createLog } from '#telemetry'
import { startRedis, waitFor } from '#test'
import { openAnswerCache, type AnswerCacheOptions } from './answers.ts'
import { openSharedTier } from './shared-tier.ts'

/** A cache of its own, and the versions that its Postgres would have. */
function openCache(changes: Partial<AnswerCacheOptions> = {}) {
  const versions = new Map<string, number>()
  const cache = openAnswerCache({
    maxBytes: 1_000_000,
    redisUrl: undefined,
    scope: 'test',
    readVersions: async () => new Map(versions),
    isPassing: (error) => (error as Error).message === 'away',
    log: createLog('silent'),
    ...changes,
  })
  return {
    versions,
    ask: (load: () => Promise<string>, key = 'key') => cache.answer({ key, tags: ['product'], load }),
    recall: (key = 'key') => cache.recall({ key, tags: ['product'], load: () => Promise.reject(new Error('asked')) }),
    [Symbol.asyncDispose]: () => cache.close(),
  }
}

const answer = (n: number) => async () => `{"n":${n}}`
const away = () => Promise.reject(new Error('away'))
const textOf = async (served: Promise<{ body: Buffer; state: string } | undefined>) => {
  const { body, state } = (await served) ?? { body: 'nothing', state: 'nothing' }
  return `${state} ${body.toString()}`
}

describe('one process', () => {
  test('of many who ask at once one makes the answer, and all get it', async () => {
    await using cache = openCache()
    let loads = 0
    const load = async () => `{"n":${(loads += 1)}}`
    const served = await Promise.all(Array.from({ length: 500 }, () => cache.ask(load)))
    expect(new Set(served.map(({ body }) => body.toString()))).toEqual(new Set(['{"n":1}']))
    expect((await cache.ask(load)).state).toBe('hit')
    expect(loads).toBe(1)
  })

  test('an answer is made anew when what it is made from has a new version', async () => {
    await using cache = openCache()
    expect(await textOf(cache.ask(answer(1)))).toBe('miss {"n":1}')
    expect(await textOf(cache.ask(answer(2)))).toBe('hit {"n":1}')
    cache.versions.set('product', 1)
    await waitFor(async () => (await textOf(cache.ask(answer(2)))) === 'miss {"n":2}', { what: 'the new version' })
    cache.versions.set('another', 1)
    await waitFor(async () => (await textOf(cache.ask(answer(3)))) === 'miss {"n":3}', {
      timeoutMs: 5_000,
      what: 'the answer to be a few seconds old',
    })
  })

  test('while a new answer cannot be had the old one is served, and says so', async () => {
    await using cache = openCache()
    await cache.ask(answer(1))
    cache.versions.set('product', 1)
    await waitFor(async () => (await textOf(cache.ask(away))) === 'stale {"n":1}', { what: 'the version to be seen' })
    expect(await textOf(cache.recall())).toBe('stale {"n":1}')
    await waitFor(async () => (await textOf(cache.ask(answer(2)))) === 'miss {"n":2}', { what: 'the next attempt' })
  })

  test('a slow answer is not waited for where there is an old one', async () => {
    await using cache = openCache()
    await cache.ask(answer(1))
    cache.versions.set('product', 1)
    const slow = Promise.withResolvers<string>()
    await waitFor(async () => (await cache.ask(() => slow.promise)).state === 'stale', {
      what: 'the version to be seen',
    })
    const startedAt = performance.now()
    expect(await textOf(cache.ask(away))).toBe('stale {"n":1}')
    // The first who came waited for 300 ms, for all.
    expect(performance.now() - startedAt).toBeLessThan(250)
    slow.resolve('{"n":2}')
    await waitFor(async () => (await textOf(cache.ask(away))) === 'hit {"n":2}', { what: 'the slow one' })
  })

  test('a refusal is told to those who asked, kept for nobody, and drops what was kept', async () => {
    await using cache = openCache()
    const refuse = () => Promise.reject(new Error('not found'))
    await expect(cache.ask(refuse)).rejects.toThrow('not found')
    await cache.ask(answer(1))
    cache.versions.set('product', 1)
    await waitFor(
      () =>
        cache.ask(refuse).then(
          () => false,
          () => true,
        ),
      { what: 'the version to be seen' },
    )
    await expect(cache.ask(away)).rejects.toThrow('away')
    expect(await cache.recall()).toBeUndefined()
  })

  test('a million strange questions neither grow it nor push out what everybody asks', async () => {
    const maxBytes = 2_000_000
    await using cache = openCache({ maxBytes })
    await cache.ask(answer(1), 'popular')
    await cache.ask(answer(1), 'popular')
    const body = `{"text":"${'x'.repeat(10_000)}"}`
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 5_000; n += 1) await cache.ask(async () => body, `strange ${n}`)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * maxBytes)
    expect(await cache.recall('strange 0')).toBeUndefined()
    expect(await textOf(cache.recall('popular'))).toMatch(/\{"n":1\}/)
  })
})

describe('replicas with a Redis', () => {
  /** The key of an answer that one of them has made and the other finds. */
  const shareAnswer = (one: ReturnType<typeof openCache>, other: ReturnType<typeof openCache>): Promise<string> =>
    waitFor(
      async () => {
        const key = randomUUID()
        await one.ask(answer(1), key)
        return (await other.recall(key)) === undefined ? undefined : key
      },
      { what: 'an answer to be shared' },
    )

  test('share what one of them has made', async () => {
    await using redis = await startRedis()
    await using one = openCache({ redisUrl: redis.url })
    await using other = openCache({ redisUrl: redis.url })
    const key = await shareAnswer(one, other)
    expect(await textOf(other.ask(away, key))).toMatch(/"n":1/)
    await using another = openCache({ redisUrl: redis.url, scope: 'other currencies' })
    expect(await another.recall(key)).toBeUndefined()
  })

  test('tell each other at once what has changed', async () => {
    await using redis = await startRedis()
    const told: string[] = []
    const open = (name: string) =>
      openSharedTier({
        url: redis.url,
        scope: 'test',
        keepMs: 10_000,
        onAnnounced: () => told.push(name),
        log: createLog('silent'),
      })
    const [one, other] = [open('one'), open('other')]
    await waitFor(() => (one.announce(), told.length > 0), { what: 'the other to be told' })
    expect(new Set(told)).toEqual(new Set(['other']))
    await Promise.all([one.close(), other.close()])
  })

  test('go on when it hangs, when it ends, and when it holds what they have not written', async () => {
    const redis = await startRedis()
    await using one = openCache({ redisUrl: redis.url })
    await using other = openCache({ redisUrl: redis.url })
    const key = await shareAnswer(one, other)
    await using another = openCache({ redisUrl: redis.url })
    await shareAnswer(one, another)
    const client = new Redis(redis.url)
    for (const name of await client.keys('*')) await client.set(name, 'something else')
    expect(await textOf(another.ask(answer(2), key))).toBe('miss {"n":2}')

    await client.call('client', 'pause', '60000', 'all')
    const startedAt = performance.now()
    for (let n = 0; n < 50; n += 1) expect(await textOf(one.ask(answer(n), `${n}`))).toBe(`miss {"n":${n}}`)
    client.disconnect()
    await redis.stop()
    for (let n = 50; n < 100; n += 1) expect(await textOf(one.ask(answer(n), `${n}`))).toBe(`miss {"n":${n}}`)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
