import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { createTestDatabase, startProxy, startRedis, waitFor } from '#test'
import { prepareQueue, requireQueue, type QueueOptions } from './index.ts'
import { log, openTestQueue, redisOptions } from './queue.fixture.ts'

const backends = {
  async redis() {
    const redis = await startRedis()
    return { options: redisOptions(redis.url), [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() }
  },
  async postgres() {
    const database = await createTestDatabase()
    const options: QueueOptions = { redisUrl: undefined, databaseUrl: database.url, log }
    await Promise.all([prepareQueue(options), prepareQueue(options)])
    return { options, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
  },
}

describe.each(['redis', 'postgres'] as const)('on %s', (name) => {
  test('wake-ups reach the consumers of their kind, and those of an unknown kind reach none', async () => {
    await using backend = await backends[name]()
    await using queue = openTestQueue(backend.options)
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    queue.producer.wake([...ids, ...ids].map((id) => ({ kind: 'cart', id })))
    queue.producer.wake([
      { kind: 'order', id: 'one' },
      { kind: 'nobody', id: 'two' },
    ])
    await waitFor(() => queue.woken.size >= 51, { what: 'all wake-ups' })
    expect(queue.woken).toEqual(new Set([...ids.map((id) => `cart:${id}`), 'order:one']))
  })

  test('a consumer whose handler fails consumes the next wake-up', async () => {
    await using backend = await backends[name]()
    let calls = 0
    const handle = async () => {
      calls += 1
      if (calls === 1) throw new Error('failed')
    }
    await using queue = openTestQueue(backend.options, { concurrency: 1, handle })
    queue.wakeUp('cart')
    queue.wakeUp('cart')
    await waitFor(() => calls === 2, { what: 'the second wake-up' })
    expect(calls).toBe(2)
  })

  test('consumers with a hanging handler close immediately and consume nothing afterwards', async () => {
    await using backend = await backends[name]()
    const [hanging, consumed] = [Promise.withResolvers<void>(), [] as string[]]
    const handle = async (_: string, ids: readonly string[]) => {
      consumed.push(...ids)
      await hanging.promise
    }
    await using queue = openTestQueue(backend.options, { concurrency: 1, handle })
    queue.wakeUp('cart')
    await waitFor(() => consumed.length === 1, { what: 'the first wake-up' })
    queue.wakeUp('cart')
    // The handler hangs until the consumers are closed.
    await queue.consumers.close()
    expect(consumed).toHaveLength(1)
    hanging.resolve()
  })

  test('an inspection returns the number of waiting wake-ups and the oldest of them', async () => {
    await using backend = await backends[name]()
    const hanging = Promise.withResolvers<void>()
    await using queue = openTestQueue(backend.options, { concurrency: 1, handle: () => hanging.promise })
    expect(await queue.producer.inspect('cart')).toEqual({ waiting: 0, active: 0, oldestWaiting: undefined })
    const inspectWith = (waiting: number) =>
      waitFor(
        async () => {
          const state = await queue.producer.inspect('cart')
          return state.waiting === waiting && state.active === 1 && state.oldestWaiting !== undefined
            ? state
            : undefined
        },
        { what: `${waiting} waiting wake-ups` },
      )
    queue.wakeUp('cart')
    queue.wakeUp('cart')
    const first = await inspectWith(1)
    queue.wakeUp('cart')
    queue.wakeUp('cart')
    expect(await inspectWith(3)).toEqual({ waiting: 3, active: 1, oldestWaiting: first.oldestWaiting })
    hanging.resolve()
    await waitFor(async () => (await queue.producer.inspect('cart')).oldestWaiting === undefined, {
      what: 'an empty queue',
    })
  })
})

describe('on Postgres with lost connections', () => {
  async function openThroughProxy() {
    const stack = new AsyncDisposableStack()
    const database = stack.use(await createTestDatabase())
    const proxy = stack.use(await startProxy(database.url))
    await prepareQueue({ redisUrl: undefined, databaseUrl: database.url, log })
    const options: QueueOptions = { redisUrl: undefined, databaseUrl: proxy.urlThrough(database.url), log }
    const queue = stack.use(openTestQueue(options, { stallMs: 600 }))
    await waitFor(queue.probe('cart'), { what: 'a wake-up' })
    return { proxy, queue, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test('connections reset while BullMQ inspects its tables are reopened, and the process goes on', async () => {
    await using database = await createTestDatabase()
    await using proxy = await startProxy(database.url)
    await prepareQueue({ redisUrl: undefined, databaseUrl: database.url, log })
    proxy.cutReplyTo(/min_client_version/, () => true)
    await using queue = openTestQueue(
      { redisUrl: undefined, databaseUrl: proxy.urlThrough(database.url), log },
      { stallMs: 600 },
    )
    queue.wakeUp('cart')
    await waitFor(() => proxy.cutCount() >= 2, { what: 'producer and consumer to be cut off' })
    proxy.restore()
    await waitFor(queue.probe('cart'), { what: 'a wake-up' })
  })

  test('wake-ups continue after every connection was reset', async () => {
    await using shop = await openThroughProxy()
    for (let round = 0; round < 3; round += 1) {
      shop.proxy.reset()
      await waitFor(shop.queue.probe('cart'), { what: 'a wake-up after the reset' })
      await waitFor(shop.queue.probe('order'), { what: 'a wake-up after the reset' })
    }
    expect(shop.queue.consumers.isAlive()).toBe(true)
  })

  test(
    'wake-ups continue after connections died silently, once the consumer is reopened',
    { timeout: 90_000 },
    async () => {
      await using shop = await openThroughProxy()
      shop.proxy.blackHoleOpen()
      await waitFor(shop.queue.probe('cart'), { what: 'a wake-up', timeoutMs: 60_000 })
      expect(shop.queue.consumers.isAlive()).toBe(true)
    },
  )
})

describe('requireQueue', () => {
  test('accepts a Redis without eviction, and a queue in Postgres', async () => {
    await using redis = await startRedis()
    await expect(requireQueue(redisOptions(redis.url))).resolves.toBeUndefined()
    await expect(requireQueue({ redisUrl: undefined, databaseUrl: '', log })).resolves.toBeUndefined()
  })

  test('rejects a Redis that evicts, and names the setting to change', async () => {
    await using redis = await startRedis()
    await redis.call('config', 'set', 'maxmemory-policy', 'allkeys-lru')
    const checked = requireQueue(redisOptions(redis.url))
    await expect(checked).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringContaining('noeviction') as string,
    })
  })

  test('rejects a Redis port without a listener', async () => {
    await expect(requireQueue(redisOptions('redis://127.0.0.1:1'))).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringContaining('REDIS_URL') as string,
    })
  })

  test('gives up a Redis that accepts the connection and never replies', async () => {
    const sockets = new Set<net.Socket>()
    const server = net.createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    // The connection was accepted and stays silent: only a timeout can end the attempt.
    await expect(requireQueue(redisOptions(`redis://127.0.0.1:${port}`))).rejects.toMatchObject({
      name: 'BootError',
    })
    expect(sockets.size).toBeGreaterThan(0)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
