import { describe, expect, test } from 'vitest'
import { metrics } from '#telemetry'
import { startProxy, startRedis, waitFor } from '#test'
import { createWakeUpProducer, startWakeUpConsumers } from './index.ts'
import { metricValue, openTestQueue, redisOptions } from './queue.fixture.ts'
import { createStallDetector, type QueueObservation } from './stall-detector.ts'

const stallMs = 500
const reopened = () => metricValue(metrics.queueReopened, { kind: 'cart' })

describe('the stall detector', () => {
  const stalled: QueueObservation = { oldestWaiting: 'one', consumed: 7, writesRejected: 0, isFull: false }
  const verdicts = (observations: QueueObservation[]) =>
    observations.map(createStallDetector({ observationsMax: 2, reopensMax: 2 }))
  const repeat = (observation: QueueObservation, times = 40): QueueObservation[] =>
    Array.from({ length: times }, () => observation)

  test('reopens a stalled consumer, again after twice as long, and then gives it up', () => {
    const found = verdicts(repeat(stalled, 15)).map((verdict, index) => `${index} ${verdict}`)
    expect(found.filter((entry) => !entry.endsWith('healthy'))).toEqual(['2 reopen', '6 reopen', '14 give_up'])
  })

  test.each([
    ['an idle shop', repeat({ ...stalled, oldestWaiting: undefined })],
    ['an unresponsive queue', repeat({ ...stalled, oldestWaiting: null })],
    [
      'a queue that responds intermittently',
      repeat(stalled).map((seen, n) => (n % 2 ? seen : { ...seen, oldestWaiting: null })),
    ],
    ['a consumer full of hanging calls', repeat({ ...stalled, isFull: true })],
    [
      'a consumer whose writes are rejected',
      repeat(stalled).map((seen, writesRejected) => ({ ...seen, writesRejected })),
    ],
    ['a consumer with a long queue', repeat(stalled).map((seen, consumed) => ({ ...seen, consumed }))],
    [
      'a consumer whose peers consume everything',
      repeat(stalled).map((seen, n) => ({ ...seen, oldestWaiting: `${n}` })),
    ],
  ])('finds no stall in %s', (_, observations) => {
    expect(new Set(verdicts(observations))).toEqual(new Set(['healthy']))
  })

  test('resets its count of reopenings once the consumer consumes', () => {
    const detectStall = createStallDetector({ observationsMax: 2, reopensMax: 1 })
    for (let consumed = 0; consumed < 5; consumed += 1) {
      const found = repeat({ ...stalled, consumed }, 4).map(detectStall)
      expect(found.filter((verdict) => verdict !== 'healthy')).toEqual(['reopen'])
    }
  })
})

describe('a stalled consumer', () => {
  /** Consumers reach Redis through a proxy, the producer directly. */
  async function openBehindProxy() {
    const stack = new AsyncDisposableStack()
    const redis = stack.use(await startRedis())
    const proxy = stack.use(await startProxy(redis.port))
    const producer = createWakeUpProducer(redisOptions(redis.url), ['cart'])
    stack.defer(() => producer.close())
    const woken = new Set<string>()
    const handle = async (_: string, ids: readonly string[]) => ids.forEach((id) => woken.add(id))
    const consumers = startWakeUpConsumers({
      ...redisOptions(`redis://127.0.0.1:${proxy.port}`),
      kinds: ['cart'],
      concurrency: 2,
      producer,
      handle,
      stallMs,
    })
    stack.defer(() => consumers.close())
    producer.wake([{ kind: 'cart', id: 'first' }])
    await waitFor(() => woken.has('first'), { what: 'the first wake-up' })
    // A consumer that completes a job requests the next one: that request must not be in flight any more.
    await waitFor(async () => (await producer.inspect('cart')).active === 0, { what: 'the first to be done' })
    return { proxy, producer, woken, consumers, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test('is reopened, and consumes the waiting wake-ups', async () => {
    await using shop = await openBehindProxy()
    const before = await reopened()
    shop.proxy.blackHoleOpen()
    shop.producer.wake([{ kind: 'cart', id: 'second' }])
    await waitFor(() => shop.woken.has('second'), { what: 'the waiting wake-up' })
    expect((await reopened()) - before).toBe(1)
    expect(shop.consumers.isAlive()).toBe(true)
  })

  test('is given up when reopening does not help, and is unhealthy until it consumes again', async () => {
    await using shop = await openBehindProxy()
    shop.proxy.blackHole()
    shop.producer.wake([{ kind: 'cart', id: 'second' }])
    await shop.consumers.givenUp
    expect(shop.consumers.isAlive()).toBe(false)
    shop.proxy.restore()
    shop.proxy.reset()
    await waitFor(() => shop.consumers.isAlive(), { what: 'health' })
    expect(shop.woken).toContain('second')
  })
})

describe('a consumer is not reopened', () => {
  const observedMs = stallMs * 3

  test('in an idle shop, while Redis hangs, and while Redis rejects writes', async () => {
    await using redis = await startRedis()
    await using queue = openTestQueue(redisOptions(redis.url), { stallMs })
    await waitFor(queue.probe('cart'), { what: 'a wake-up' })
    const before = await reopened()
    const observeAWhile = async () => {
      const until = performance.now() + observedMs
      await waitFor(() => performance.now() > until, { what: 'some observations' })
    }
    await observeAWhile()
    redis.freeze()
    queue.wakeUp('cart')
    await observeAWhile()
    redis.thaw()
    await waitFor(queue.probe('cart'), { what: 'a wake-up' })
    queue.wakeUp('cart')
    await redis.call('replicaof', '127.0.0.1', '1')
    await observeAWhile()
    await redis.call('replicaof', 'no', 'one')
    await waitFor(queue.probe('cart'), { what: 'a wake-up' })
    expect(await reopened()).toBe(before)
    expect(queue.consumers.isAlive()).toBe(true)
  })

  test('while it is full of hanging calls and other wake-ups wait', async () => {
    await using redis = await startRedis()
    const hanging = Promise.withResolvers<void>()
    await using queue = openTestQueue(redisOptions(redis.url), {
      stallMs,
      concurrency: 2,
      handle: () => hanging.promise,
    })
    const before = await reopened()
    for (let n = 0; n < 20; n += 1) queue.wakeUp('cart')
    await waitFor(async () => (await queue.producer.inspect('cart')).waiting === 18, { what: 'waiting wake-ups' })
    const until = performance.now() + observedMs
    await waitFor(() => performance.now() > until, { what: 'some observations' })
    expect(await reopened()).toBe(before)
    expect(await metricValue(metrics.queueJobs, { kind: 'cart', state: 'waiting' })).toBe(18)
    expect(await metricValue(metrics.queueJobs, { kind: 'cart', state: 'active' })).toBe(2)
    hanging.resolve()
    await waitFor(async () => (await queue.producer.inspect('cart')).waiting === 0, { what: 'an empty queue' })
  })
})
