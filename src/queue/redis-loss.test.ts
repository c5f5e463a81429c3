import { describe, expect, test } from 'vitest'
import { metrics } from '#telemetry'
import { startProxy, startRedis, waitFor } from '#test'
import { metricValue, onRedis, openSides } from './queue.fixture.ts'

/** Whatever becomes of Redis, wake() neither throws nor waits, and later wake-ups arrive within seconds of its return. */

/** Longest time that a wake-up may take to arrive once Redis is there again, ms. */
const soonMs = 8_000

const untilAwake = (nudge: () => boolean, timeoutMs = soonMs) => waitFor(nudge, { timeoutMs, what: 'a wake-up' })

/** The thread is never held up: neither by many calls, nor by what becomes of them. */
function expectNoWait(sides: { wakeUp(kind: string): string }): void {
  const startedAt = performance.now()
  for (let index = 0; index < 2_000; index += 1) sides.wakeUp('cart')
  expect(performance.now() - startedAt).toBeLessThan(500)
}

describe('wake-ups go on', () => {
  test('after FLUSHALL, which loses only what was waiting, again and again', { timeout: 30_000 }, async () => {
    await using redis = await startRedis()
    await using sides = openSides(onRedis(redis.url))
    for (let round = 0; round < 40; round += 1) {
      sides.wakeUp('cart')
      await redis.flushAll()
    }
    await untilAwake(sides.nudges('cart'))
    await untilAwake(sides.nudges('order'))
  })

  test('after Redis was away for longer than a worker blocks, and came back empty', { timeout: 40_000 }, async () => {
    await using redis = await startRedis()
    await using sides = openSides(onRedis(redis.url))
    await untilAwake(sides.nudges('cart'))
    await redis.stop()
    expectNoWait(sides)
    const backAt = performance.now() + 6_000
    await waitFor(() => performance.now() > backAt, { what: 'the worker to have blocked', timeoutMs: 7_000 })
    await redis.restart()
    await untilAwake(sides.nudges('order'))
    await untilAwake(sides.nudges('cart'))
  })

  test('after Redis stood still with its connections open', { timeout: 40_000 }, async () => {
    await using redis = await startRedis()
    await using sides = openSides(onRedis(redis.url))
    await untilAwake(sides.nudges('cart'))
    redis.freeze()
    expectNoWait(sides)
    const thawAt = performance.now() + 6_000
    await waitFor(() => performance.now() > thawAt, { what: 'senders to give up', timeoutMs: 7_000 })
    expectNoWait(sides)
    redis.thaw()
    await untilAwake(sides.nudges('order'))
    await untilAwake(sides.nudges('cart'))
  })

  test('after every connection was reset, blocking reads included', { timeout: 30_000 }, async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await using sides = openSides(onRedis(`redis://127.0.0.1:${proxy.port}`))
    for (let round = 0; round < 3; round += 1) {
      await untilAwake(sides.nudges('cart'))
      await untilAwake(sides.nudges('order'))
      proxy.reset()
    }
    await untilAwake(sides.nudges('order'))
  })

  test('after connections went dead without a word', { timeout: 40_000 }, async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await using sides = openSides(onRedis(`redis://127.0.0.1:${proxy.port}`))
    await untilAwake(sides.nudges('cart'))
    proxy.loseOpen()
    await untilAwake(sides.nudges('cart'), 15_000)
    await untilAwake(sides.nudges('order'), 15_000)
  })

  test('on another Redis that knows nothing of the first', { timeout: 30_000 }, async () => {
    await using first = await startRedis()
    await using second = await startRedis()
    await using proxy = await startProxy(first.port)
    await using sides = openSides(onRedis(`redis://127.0.0.1:${proxy.port}`))
    await untilAwake(sides.nudges('cart'))
    proxy.retarget(second.port)
    await first.stop()
    await untilAwake(sides.nudges('cart'))
    await untilAwake(sides.nudges('order'))
  })

  test('on a replica that lacks the last writes', { timeout: 30_000 }, async () => {
    await using primary = await startRedis()
    await using replica = await startRedis()
    await using proxy = await startProxy(primary.port)
    await replica.call('replicaof', '127.0.0.1', String(primary.port))
    await using sides = openSides(onRedis(`redis://127.0.0.1:${proxy.port}`))
    await untilAwake(sides.nudges('cart'))
    await waitFor(async () => String(await replica.call('keys', 'holdfast:wake-cart:*')) !== '', {
      what: 'the replica',
    })
    await replica.call('replicaof', 'no', 'one')
    for (let round = 0; round < 50; round += 1) sides.wakeUp('order')
    await untilAwake(sides.nudges('order'))
    proxy.retarget(replica.port)
    await primary.stop()
    await untilAwake(sides.nudges('order'))
    await untilAwake(sides.nudges('cart'))
  })

  test(
    'after the primary became a replica: nobody asks it more than a few times a second',
    { timeout: 40_000 },
    async () => {
      await using old = await startRedis()
      await using next = await startRedis()
      await using proxy = await startProxy(old.port)
      await using sides = openSides(onRedis(`redis://127.0.0.1:${proxy.port}`))
      await untilAwake(sides.nudges('cart'))
      await old.call('replicaof', '127.0.0.1', String(next.port))
      for (let round = 0; round < 50; round += 1) sides.wakeUp('cart')
      const commands = async (): Promise<number> =>
        Number(/total_commands_processed:(\d+)/.exec(String(await old.call('info', 'stats')))?.[1])
      const [before, startedAt] = [await commands(), performance.now()]
      await waitFor(() => performance.now() - startedAt > 2_000, { what: 'two seconds' })
      expect((await commands()) - before).toBeLessThan(1_500)
      proxy.retarget(next.port)
      await untilAwake(sides.nudges('cart'))
      await untilAwake(sides.nudges('order'))
    },
  )

  test(
    'after Redis was full: an alarm tells, what waited is taken, mail stays with Postgres',
    { timeout: 30_000 },
    async () => {
      await using redis = await startRedis()
      await using sides = openSides(onRedis(redis.url))
      await untilAwake(sides.nudges('cart'))
      await redis.call('config', 'set', 'maxmemory', '1')
      const lost = await metricValue(metrics.wakeUps, { outcome: 'lost' })
      sides.wakeUp('cart')
      await waitFor(async () => (await metricValue(metrics.queueFull)) === 1, { what: 'the alarm' })
      expect(await metricValue(metrics.wakeUps, { outcome: 'lost' })).toBeGreaterThan(lost)
      expectNoWait(sides)
      await redis.call('config', 'set', 'maxmemory', '0')
      await untilAwake(sides.nudges('cart'))
      expect(await metricValue(metrics.queueFull)).toBe(0)
    },
  )

  test('though Redis was never there when they began', { timeout: 30_000 }, async () => {
    await using redis = await startRedis()
    await redis.stop()
    await using sides = openSides(onRedis(redis.url))
    expectNoWait(sides)
    await redis.restart()
    await untilAwake(sides.nudges('cart'))
    await untilAwake(sides.nudges('order'))
  })
})

test('a waker and workers that never saw Redis close within seconds', async () => {
  const sides = openSides(onRedis('redis://127.0.0.1:1'))
  sides.wakeUp('cart')
  const startedAt = performance.now()
  await sides[Symbol.asyncDispose]()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})
