import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { createLog } from '#telemetry'
import { createTestDatabase, startRedis, waitFor } from '#test'
import { createWaker, prepareQueue, requireQueue, startWakeWorkers, type QueueOptions } from './index.ts'

const log = createLog('silent')

/** A waker and workers on one queue, and what has been woken. */
function openSides(options: QueueOptions, kinds = ['cart', 'order']) {
  const woken = new Set<string>()
  const waker = createWaker(options, kinds)
  const workers = startWakeWorkers({
    ...options,
    kinds,
    concurrency: 4,
    handle: async (kind, ids) => {
      for (const id of ids) woken.add(`${kind}:${id}`)
    },
  })
  return {
    waker,
    woken,
    wakeUp: (kind: string) => waker.wake([{ kind, id: randomUUID() }]),
    async [Symbol.asyncDispose]() {
      await workers.close()
      await waker.close()
    },
  }
}

const backends = {
  async redis() {
    const redis = await startRedis()
    const options: QueueOptions = { redisUrl: redis.url, databaseUrl: '', log }
    return { options, [Symbol.asyncDispose]: redis.stop }
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
    const waker = createWaker(backend.options, ['cart'])
    let calls = 0
    const workers = startWakeWorkers({
      ...backend.options,
      kinds: ['cart'],
      concurrency: 1,
      handle: async () => {
        calls += 1
        if (calls === 1) throw new Error('failed')
      },
    })
    waker.wake([{ kind: 'cart', id: 'a' }])
    waker.wake([{ kind: 'cart', id: 'b' }])
    await waitFor(() => calls === 2, { what: 'the second wake-up' })
    expect(calls).toBe(2)
    await workers.close()
    await waker.close()
  })
})

describe('without Redis', () => {
  test('FLUSHALL loses only what was waiting: later wake-ups arrive', async () => {
    await using redis = await startRedis()
    await using sides = openSides({ redisUrl: redis.url, databaseUrl: '', log })
    for (let round = 1; round <= 3; round += 1) {
      sides.wakeUp('cart')
      await waitFor(() => sides.woken.size === round, { what: `wake-up ${round}` })
      await redis.flushAll()
      expect(sides.woken.size).toBe(round)
    }
  })

  test('wake() neither throws nor waits, and wake-ups arrive when Redis is back', async () => {
    await using redis = await startRedis()
    await using sides = openSides({ redisUrl: redis.url, databaseUrl: '', log })
    sides.wakeUp('cart')
    await waitFor(() => sides.woken.size === 1, { what: 'the first wake-up' })
    await redis.stop()
    const startedAt = performance.now()
    for (let index = 0; index < 5_000; index += 1) sides.wakeUp('cart')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await using _ = await restart(redis.port)
    await waitFor(() => (sides.wakeUp('order'), [...sides.woken].some((who) => who.startsWith('order'))), {
      what: 'a wake-up after the restart',
    })
  })

  test('a waker and workers that never saw Redis close within seconds', async () => {
    const sides = openSides({ redisUrl: 'redis://127.0.0.1:1', databaseUrl: '', log })
    sides.wakeUp('cart')
    const startedAt = performance.now()
    await sides[Symbol.asyncDispose]()
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})

/** The same port again, once the system has let go of it. */
async function restart(port: number) {
  const { spawn } = await import('node:child_process')
  const child = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  )
  return {
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    },
  }
}

describe('requireQueue', () => {
  test('accepts a Redis that keeps what it has, and a queue in Postgres', async () => {
    await using redis = await startRedis()
    await expect(requireQueue({ redisUrl: redis.url, databaseUrl: '', log })).resolves.toBeUndefined()
    await expect(requireQueue({ redisUrl: undefined, databaseUrl: '', log })).resolves.toBeUndefined()
  })

  test('refuses a Redis that evicts, and says what to set', async () => {
    await using redis = await startRedis()
    const client = new Redis(redis.url)
    await client.call('config', 'set', 'maxmemory-policy', 'allkeys-lru')
    client.disconnect()
    const refused = requireQueue({ redisUrl: redis.url, databaseUrl: '', log })
    await expect(refused).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringContaining('noeviction') as string,
    })
  })

  test('refuses a Redis that nobody listens for, within 10 s', async () => {
    const startedAt = performance.now()
    await expect(requireQueue({ redisUrl: 'redis://127.0.0.1:1', databaseUrl: '', log })).rejects.toMatchObject({
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
    await expect(requireQueue({ redisUrl: `redis://127.0.0.1:${port}`, databaseUrl: '', log })).rejects.toMatchObject({
      name: 'BootError',
    })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
