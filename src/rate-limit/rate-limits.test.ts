import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, waitFor } from '#test'
import { consumeOrReject, createRateLimits, type RateLimit } from './index.ts'
import { localKeysMax } from './local-counter.ts'

type TestRedis = Awaited<ReturnType<typeof startRedis>>

/** The rate limits of one process, and what it logs. */
function openLimits(redisUrl?: string) {
  const logged: string[] = []
  const log = pino({}, { write: (line: string) => void logged.push(line) })
  const limits = createRateLimits({ redisUrl, secretKey: 'of the test', log })
  onTestFinished(() => limits.close())
  const define = (points: number, name = 'test') => limits.define({ name, points, seconds: 900 })
  return { define, logged }
}

const allowed = async (limit: RateLimit, key: string) => (await limit.consume(key)).isAllowed

/** Waits until this process counts in Redis. */
async function untilShared(redis: TestRedis, limit: RateLimit): Promise<void> {
  const isShared = async () => {
    await limit.consume('probe')
    return ((await redis.call('keys', '*')) as string[]).length > 0
  }
  await waitFor(isShared, { what: 'counting in Redis' })
  await redis.flushAll()
}

async function startShared(points: number) {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const replica = openLimits(redis.url)
  const limit = replica.define(points)
  await untilShared(redis, limit)
  return { redis, limit, logged: replica.logged }
}

describe.each([
  ['in memory', async (points: number) => openLimits().define(points)],
  ['in Redis', async (points: number) => (await startShared(points)).limit],
])('a rate limit %s', (_, open) => {
  test('allows its points, then rejects with the time until the window ends', async () => {
    const limit = await open(2)
    expect(await limit.consume('a')).toEqual({ isAllowed: true, remaining: 1, retryAfterSeconds: 0 })
    expect(await limit.consume('a')).toEqual({ isAllowed: true, remaining: 0, retryAfterSeconds: 0 })
    const rejected = await limit.consume('a')
    expect(rejected).toMatchObject({ isAllowed: false, remaining: 0 })
    expect(rejected.retryAfterSeconds).toBeGreaterThan(800)
    expect(rejected.retryAfterSeconds).toBeLessThanOrEqual(900)
    expect(await allowed(limit, 'b')).toBe(true)
  })

  test('counts concurrent attempts as strictly as successive ones', async () => {
    const limit = await open(3)
    const results = await Promise.all(Array.from({ length: 20 }, () => limit.consume('a')))
    expect(results.filter(({ isAllowed }) => isAllowed)).toHaveLength(3)
  })

  test('does not count rejected points', async () => {
    const limit = await open(5)
    await limit.consume('a', 3)
    expect(await limit.consume('a', 3)).toMatchObject({ isAllowed: false, remaining: 2 })
    expect(await limit.consume('a', 2)).toMatchObject({ isAllowed: true, remaining: 0 })
  })

  test('gives refunded points back, at most those counted, and all of them on reset', async () => {
    const limit = await open(2)
    await limit.consume('a', 2)
    await limit.refund('a')
    expect(await limit.peek('a')).toMatchObject({ isAllowed: true, remaining: 0 })
    await limit.refund('a', 10)
    await limit.refund('never counted')
    expect(await limit.peek('a')).toMatchObject({ isAllowed: true, remaining: 1 })
    await limit.consume('a', 2)
    await limit.reset('a')
    expect(await limit.consume('a', 2)).toMatchObject({ isAllowed: true })
    expect(await limit.consume('never counted', 3)).toMatchObject({ isAllowed: false })
  })

  test('is counted by peek at no time', async () => {
    const limit = await open(1)
    for (let n = 0; n < 3; n += 1) expect(await limit.peek('a')).toMatchObject({ isAllowed: true })
    await limit.consume('a')
    expect(await limit.peek('a')).toMatchObject({ isAllowed: false, remaining: 0 })
  })
})

test('replicas share their counts in Redis, and limits of other names do not', async () => {
  const { redis, limit } = await startShared(2)
  const other = openLimits(redis.url)
  const [same, different] = [other.define(2), other.define(2, 'other')]
  await untilShared(redis, same)
  expect(await allowed(limit, 'a')).toBe(true)
  expect(await allowed(same, 'a')).toBe(true)
  expect(await allowed(limit, 'a')).toBe(false)
  expect(await allowed(same, 'a')).toBe(false)
  expect(await allowed(different, 'a')).toBe(true)
})

test('a key in Redis expires with its window and does not name an address', async () => {
  const { redis, limit } = await startShared(2)
  await limit.consume('ann@example.com')
  await limit.refund('ann@example.com')
  await limit.consume('ann@example.com', 2)
  await limit.consume('203.0.113.9')
  const keys = (await redis.call('keys', '*')) as string[]
  expect(keys).toHaveLength(2)
  expect(keys.join()).not.toMatch(/ann|203/)
  for (const key of keys) expect(await redis.call('ttl', key)).toBeGreaterThan(800)
})

describe('without a responding Redis', () => {
  test.each([
    ['stopped', (redis: TestRedis) => redis.stop()],
    ['hanging', async (redis: TestRedis) => redis.freeze()],
    ['full', (redis: TestRedis) => redis.call('config', 'set', 'maxmemory', '1')],
    ['demoted', (redis: TestRedis) => redis.call('replicaof', '127.0.0.1', '1')],
  ])('attempts are counted in the process: Redis is %s', async (_, fail) => {
    const { redis, limit, logged } = await startShared(2)
    await fail(redis)
    const results = []
    for (let n = 0; n < 20; n += 1) results.push(await allowed(limit, 'a'))
    expect(results.filter(Boolean)).toHaveLength(2)
    await limit.reset('a')
    expect(await limit.peek('a')).toMatchObject({ isAllowed: true })
    const reports = () => logged.filter((line) => line.includes('does not respond'))
    await waitFor(() => reports().length > 0, { what: 'a report' })
    expect(reports()).toHaveLength(1)
  })

  test('attempts are counted from the first on, and shared as soon as Redis is back', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    await redis.stop()
    const limit = openLimits(redis.url).define(1)
    expect(await allowed(limit, 'a')).toBe(true)
    expect(await allowed(limit, 'a')).toBe(false)
    await redis.restart()
    await untilShared(redis, limit)
    expect(await allowed(limit, 'a')).toBe(true)
    expect(await allowed(limit, 'a')).toBe(false)
  })

  test('attempts from ever new networks do not fill the memory', async () => {
    const limit = openLimits().define(1)
    await limit.consume('first')
    for (let n = 0; n < localKeysMax; n += 1) await limit.consume(`2001:db8:0:${n}::/64`)
    expect(await allowed(limit, 'first')).toBe(true)
    expect(await allowed(limit, `2001:db8:0:${localKeysMax - 1}::/64`)).toBe(false)
  })
})

test('an attempt that one limit rejects spends nothing of another', async () => {
  const { define } = openLimits()
  const [address, account] = [define(3, 'address'), define(1, 'account')]
  const attempt = (name: string) =>
    consumeOrReject({ limit: address, key: '203.0.113.9' }, { limit: account, key: name })
  await attempt('ann')
  for (let n = 0; n < 10; n += 1)
    await expect(attempt('ann')).rejects.toMatchObject({
      code: 'too_many_requests',
      message: 'Too many attempts. Try again in 15 minutes.',
      retryAfterSeconds: 900,
    })
  await attempt('bob')
  await attempt('eve')
  await expect(attempt('joe')).rejects.toMatchObject({ code: 'too_many_requests' })
  expect(await account.peek('joe')).toMatchObject({ isAllowed: true })
})

test('a rejection tells the time after which every limit allows the attempt', async () => {
  const { define } = openLimits()
  const short = define(1, 'short')
  const limits = createRateLimits({ redisUrl: undefined, secretKey: 'x', log: pino({ level: 'silent' }) })
  const minute = limits.define({ name: 'minute', points: 1, seconds: 50 })
  await minute.consume('a')
  await short.consume('a')
  await expect(consumeOrReject({ limit: minute, key: 'a' })).rejects.toMatchObject({
    message: 'Too many attempts. Try again in 50 seconds.',
    retryAfterSeconds: 50,
  })
  await expect(consumeOrReject({ limit: minute, key: 'a' }, { limit: short, key: 'a' })).rejects.toMatchObject({
    retryAfterSeconds: 900,
  })
})

test('two limits of one name are a mistake', () => {
  const { define } = openLimits()
  define(1)
  expect(() => define(2)).toThrow('There is a rate limit test already.')
})
