import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { createTestDatabase, startProxy, startRedis, waitFor } from '#test'
import { prepareQueue, requireQueue, type QueueOptions } from './index.ts'
import { log, onRedis, openSides } from './queue.fixture.ts'

const backends = {
  async redis() {
    const redis = await startRedis()
    return { options: onRedis(redis.url), [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() }
  },
  async postgres() {
    const database = await createTestDatabase()
    const options: QueueOptions = { redisUrl: undefined, databaseUrl: database.url, log }
    await Promise.all([prepareQueue(options), prepareQueue(options)])
    return { options, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
  },
}

describe.each(['redis', 'postgres'] as const)('on %s', (name) => {
  test('a wake-up reaches the workers of its kind, once for each actor, and leaves nothing behind', async () => {
    await using backend = await backends[name]()
    await using sides = openSides(backend.options)
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    sides.waker.wake([...ids, ...ids].map((id) => ({ kind: 'cart', id })))
    sides.waker.wake([
      { kind: 'order', id: 'one' },
      { kind: 'nobody', id: 'two' },
    ])
    await waitFor(() => sides.woken.size >= 51, { what: 'all wake-ups' })
    expect(sides.woken).toEqual(new Set([...ids.map((id) => `cart:${id}`), 'order:one']))
  })

  test('a worker whose handling fails takes the next wake-up', async () => {
    await using backend = await backends[name]()
    let calls = 0
    const handle = async () => {
      calls += 1
      if (calls === 1) throw new Error('failed')
    }
    await using sides = openSides(backend.options, { concurrency: 1, handle })
    sides.wakeUp('cart')
    sides.wakeUp('cart')
    await waitFor(() => calls === 2, { what: 'the second wake-up' })
    expect(calls).toBe(2)
  })

  test('workers close at once, though what they handle hangs, and take nothing after it', async () => {
    await using backend = await backends[name]()
    const [hanging, taken] = [Promise.withResolvers<void>(), [] as string[]]
    const handle = async (_: string, ids: readonly string[]) => {
      taken.push(...ids)
      await hanging.promise
    }
    await using sides = openSides(backend.options, { concurrency: 1, handle })
    sides.wakeUp('cart')
    await waitFor(() => taken.length === 1, { what: 'the first wake-up' })
    sides.wakeUp('cart')
    const startedAt = performance.now()
    await sides.workers.close()
    expect(performance.now() - startedAt).toBeLessThan(2_500)
    expect(taken).toHaveLength(1)
    hanging.resolve()
  })

  test('the queue tells how much waits and what has waited longest', async () => {
    await using backend = await backends[name]()
    const hanging = Promise.withResolvers<void>()
    await using sides = openSides(backend.options, { concurrency: 1, handle: () => hanging.promise })
    expect(await sides.waker.inspect('cart')).toEqual({ waiting: 0, active: 0, head: undefined })
    const lookOnce = (waiting: number) =>
      waitFor(
        async () => {
          const look = await sides.waker.inspect('cart')
          return look.waiting === waiting && look.active === 1 && look.head !== undefined ? look : undefined
        },
        { what: `${waiting} that wait` },
      )
    sides.wakeUp('cart')
    sides.wakeUp('cart')
    const first = await lookOnce(1)
    sides.wakeUp('cart')
    sides.wakeUp('cart')
    expect(await lookOnce(3)).toEqual({ waiting: 3, active: 1, head: first.head })
    hanging.resolve()
    await waitFor(async () => (await sides.waker.inspect('cart')).head === undefined, { what: 'an empty queue' })
  })
})

describe('on a Postgres whose connections', () => {
  async function openAway() {
    const stack = new AsyncDisposableStack()
    const database = stack.use(await createTestDatabase())
    const proxy = stack.use(await startProxy(database.url))
    await prepareQueue({ redisUrl: undefined, databaseUrl: database.url, log })
    const options: QueueOptions = { redisUrl: undefined, databaseUrl: proxy.by(database.url), log }
    const sides = stack.use(openSides(options, { stallMs: 600 }))
    await waitFor(sides.nudges('cart'), { what: 'a wake-up' })
    return { proxy, sides, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test('are reset while BullMQ looks at its tables neither end the process nor stay away', async () => {
    await using database = await createTestDatabase()
    await using proxy = await startProxy(database.url)
    await prepareQueue({ redisUrl: undefined, databaseUrl: database.url, log })
    proxy.cutReplyTo(/min_client_version/, () => true)
    await using sides = openSides({ redisUrl: undefined, databaseUrl: proxy.by(database.url), log }, { stallMs: 600 })
    sides.wakeUp('cart')
    await waitFor(() => proxy.cuts() >= 2, { what: 'both sides to be cut off' })
    proxy.heal()
    await waitFor(sides.nudges('cart'), { what: 'a wake-up' })
  })

  test('were all reset wake-ups go on', async () => {
    await using away = await openAway()
    for (let round = 0; round < 3; round += 1) {
      away.proxy.reset()
      await waitFor(away.sides.nudges('cart'), { what: 'a wake-up after the reset' })
      await waitFor(away.sides.nudges('order'), { what: 'a wake-up after the reset' })
    }
    expect(away.sides.workers.isAlive()).toBe(true)
  })

  test('died silently wake-ups go on, once the worker was opened anew', { timeout: 40_000 }, async () => {
    await using away = await openAway()
    away.proxy.loseOpen()
    await waitFor(away.sides.nudges('cart'), { what: 'a wake-up', timeoutMs: 20_000 })
    expect(away.sides.workers.isAlive()).toBe(true)
  })
})

describe('requireQueue', () => {
  test('accepts a Redis that keeps what it has, and a queue in Postgres', async () => {
    await using redis = await startRedis()
    await expect(requireQueue(onRedis(redis.url))).resolves.toBeUndefined()
    await expect(requireQueue({ redisUrl: undefined, databaseUrl: '', log })).resolves.toBeUndefined()
  })

  test('refuses a Redis that evicts, and says what to set', async () => {
    await using redis = await startRedis()
    await redis.call('config', 'set', 'maxmemory-policy', 'allkeys-lru')
    const refused = requireQueue(onRedis(redis.url))
    await expect(refused).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringContaining('noeviction') as string,
    })
  })

  test('refuses a Redis that nobody listens for, within 10 s', async () => {
    const startedAt = performance.now()
    await expect(requireQueue(onRedis('redis://127.0.0.1:1'))).rejects.toMatchObject({
      name: 'BootError',
    })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('refuses a Redis that takes the connection and never answers, within 10 s', async () => {
    const sockets = new Set<net.Socket>()
    const server = net.createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const startedAt = performance.now()
    await expect(requireQueue(onRedis(`redis://127.0.0.1:${port}`))).rejects.toMatchObject({
      name: 'BootError',
    })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
