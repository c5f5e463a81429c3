import { describe, expect, test } from 'vitest'
import { metrics } from '#telemetry'
import { startProxy, startRedis, waitFor } from '#test'
import { metricValue, openTestQueue, redisOptions } from './queue.fixture.ts'

/** In every failure of Redis wake() neither throws nor waits, and wake-ups arrive after its recovery. */

const untilWoken = (probe: () => boolean) => waitFor(probe, { what: 'a wake-up' })

/** 2,000 wake-ups, whether published or lost, give the caller nothing to wait for. */
function expectNoWait(queue: TestQueue): void {
  for (let index = 0; index < 2_000; index += 1)
    expect(queue.producer.wake([{ kind: 'cart', id: `${index}` }]) as unknown).toBeUndefined()
}

/** Until a wake-up that was sent to a Redis that hangs has been given up. */
async function untilLost(queue: TestQueue): Promise<void> {
  const lost = () => metricValue(metrics.wakeUps, { outcome: 'lost' })
  const before = await lost()
  queue.wakeUp('cart')
  await waitFor(async () => (await lost()) > before, { what: 'the producer to time out' })
}

type TestQueue = ReturnType<typeof openTestQueue>

describe('wake-ups continue', { timeout: 90_000 }, () => {
  test('after repeated FLUSHALL, which loses only waiting wake-ups', async () => {
    await using redis = await startRedis()
    await using queue = openTestQueue(redisOptions(redis.url))
    for (let round = 0; round < 40; round += 1) {
      queue.wakeUp('cart')
      await redis.flushAll()
    }
    await untilWoken(queue.probe('cart'))
    await untilWoken(queue.probe('order'))
  })

  test('after a long outage, from which Redis comes back empty', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    await untilWoken(queue.probe('cart'))
    await redis.stop()
    expectNoWait(queue)
    const before = proxy.connectionCount()
    await waitFor(() => proxy.connectionCount() - before >= 50, { what: 'every connection to be retried many times' })
    await redis.restart()
    await untilWoken(queue.probe('order'))
    await untilWoken(queue.probe('cart'))
  })

  test('after Redis hung with its connections open', async () => {
    await using redis = await startRedis()
    await using queue = openTestQueue(redisOptions(redis.url))
    await untilWoken(queue.probe('cart'))
    redis.freeze()
    expectNoWait(queue)
    await untilLost(queue)
    expectNoWait(queue)
    redis.thaw()
    await untilWoken(queue.probe('order'))
    await untilWoken(queue.probe('cart'))
  })

  test('after every connection was reset, including blocking reads', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    for (let round = 0; round < 3; round += 1) {
      await untilWoken(queue.probe('cart'))
      await untilWoken(queue.probe('order'))
      proxy.reset()
    }
    await untilWoken(queue.probe('order'))
  })

  test('after connections died silently', async () => {
    await using redis = await startRedis()
    await using proxy = await startProxy(redis.port)
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    await untilWoken(queue.probe('cart'))
    proxy.blackHoleOpen()
    await untilWoken(queue.probe('cart'))
    await untilWoken(queue.probe('order'))
  })

  test('on another, empty Redis', async () => {
    await using first = await startRedis()
    await using second = await startRedis()
    await using proxy = await startProxy(first.port)
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    await untilWoken(queue.probe('cart'))
    proxy.retarget(second.port)
    await first.stop()
    await untilWoken(queue.probe('cart'))
    await untilWoken(queue.probe('order'))
  })

  test('on a replica that lacks the last writes', async () => {
    await using primary = await startRedis()
    await using replica = await startRedis()
    await using proxy = await startProxy(primary.port)
    await replica.call('replicaof', '127.0.0.1', String(primary.port))
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    await untilWoken(queue.probe('cart'))
    await waitFor(async () => String(await replica.call('keys', 'holdfast:wake-cart:*')) !== '', {
      what: 'the replica',
    })
    await replica.call('replicaof', 'no', 'one')
    for (let round = 0; round < 50; round += 1) queue.wakeUp('order')
    await untilWoken(queue.probe('order'))
    proxy.retarget(replica.port)
    await primary.stop()
    await untilWoken(queue.probe('order'))
    await untilWoken(queue.probe('cart'))
  })

  test('after the primary became a replica, which receives a bounded rate of retries', async () => {
    await using old = await startRedis()
    await using next = await startRedis()
    await using proxy = await startProxy(old.port)
    await using queue = openTestQueue(redisOptions(`redis://127.0.0.1:${proxy.port}`))
    await untilWoken(queue.probe('cart'))
    await old.call('replicaof', '127.0.0.1', String(next.port))
    for (let round = 0; round < 50; round += 1) queue.wakeUp('cart')
    const commands = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(String(await old.call('info', 'stats')))?.[1])
    const before = { commands: await commands(), connections: proxy.connectionCount(), at: performance.now() }
    const reopened = () => proxy.connectionCount() - before.connections
    await waitFor(() => reopened() >= 30, { what: 'rejected commands to be repeated on new connections' })
    const perConnection = ((await commands()) - before.commands) / reopened()
    // Repeated on the same connection it would be thousands; a new connection follows a pause, which load only lengthens.
    expect(perConnection).toBeLessThan(100)
    expect(performance.now() - before.at).toBeGreaterThan(500)
    proxy.retarget(next.port)
    await untilWoken(queue.probe('cart'))
    await untilWoken(queue.probe('order'))
  })

  test('after Redis was full: the gauge is 1 meanwhile, and queued wake-ups are consumed', async () => {
    await using redis = await startRedis()
    await using queue = openTestQueue(redisOptions(redis.url))
    await untilWoken(queue.probe('cart'))
    await redis.call('config', 'set', 'maxmemory', '1')
    const lost = await metricValue(metrics.wakeUps, { outcome: 'lost' })
    queue.wakeUp('cart')
    await waitFor(async () => (await metricValue(metrics.queueFull)) === 1, { what: 'the gauge' })
    expect(await metricValue(metrics.wakeUps, { outcome: 'lost' })).toBeGreaterThan(lost)
    expectNoWait(queue)
    await redis.call('config', 'set', 'maxmemory', '0')
    await untilWoken(queue.probe('cart'))
    expect(await metricValue(metrics.queueFull)).toBe(0)
  })

  test('when Redis first starts after producer and consumers', async () => {
    await using redis = await startRedis()
    await redis.stop()
    await using queue = openTestQueue(redisOptions(redis.url))
    expectNoWait(queue)
    await redis.restart()
    await untilWoken(queue.probe('cart'))
    await untilWoken(queue.probe('order'))
  })
})

test('a producer and consumers that never reached Redis close without it', async () => {
  const queue = openTestQueue(redisOptions('redis://127.0.0.1:1'))
  queue.wakeUp('cart')
  await expect(queue[Symbol.asyncDispose]()).resolves.toBeUndefined()
})
