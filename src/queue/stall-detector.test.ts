import { describe, expect, test } from 'vitest'
import { metrics } from '#telemetry'
import { startProxy, startRedis, waitFor } from '#test'
import { createWakeUpProducer, startWakeUpConsumers } from './index.ts'
import { metricValue, onRedis, openSides } from './queue.fixture.ts'
import { createStallDetector, type QueueObservation } from './stall-detector.ts'

const patienceMs = 500
const reopened = () => metricValue(metrics.queueReopened, { kind: 'cart' })

describe('a vigil', () => {
  const still: QueueObservation = { head: 'one', taken: 7, refused: 0, isFull: false }
  const verdicts = (looks: QueueObservation[]) => looks.map(createStallDetector({ looksMax: 2, reopensMax: 2 }))
  const many = (look: QueueObservation, times = 40): QueueObservation[] => Array.from({ length: times }, () => look)

  test('opens a worker anew that leaves the same wake-up waiting, then waits twice as long, then gives up', () => {
    const found = verdicts(many(still, 15)).map((verdict, look) => `${look} ${verdict}`)
    expect(found.filter((one) => !one.endsWith('fine'))).toEqual(['2 reopen', '6 reopen', '14 hopeless'])
  })

  test.each([
    ['an idle shop', many({ ...still, head: undefined })],
    ['a queue that does not answer', many({ ...still, head: null })],
    ['a queue that answers now and then', many(still).map((look, n) => (n % 2 ? look : { ...look, head: null }))],
    ['a worker full of calls that hang', many({ ...still, isFull: true })],
    ['a worker that is refused', many(still).map((look, refused) => ({ ...look, refused }))],
    ['a worker behind a long queue', many(still).map((look, taken) => ({ ...look, taken }))],
    ['a worker whose fellows take everything', many(still).map((look, head) => ({ ...look, head: `${head}` }))],
  ])('never suspects %s', (_, looks) => {
    expect(new Set(verdicts(looks))).toEqual(new Set(['fine']))
  })

  test('forgets that it opened a worker anew once that has taken something', () => {
    const judge = createStallDetector({ looksMax: 2, reopensMax: 1 })
    for (let taken = 0; taken < 5; taken += 1) {
      const found = many({ ...still, taken }, 4).map(judge)
      expect(found.filter((verdict) => verdict !== 'fine')).toEqual(['reopen'])
    }
  })
})

describe('a worker that has gone deaf', () => {
  /** The workers reach Redis by a way of their own. */
  async function openApart() {
    const stack = new AsyncDisposableStack()
    const redis = stack.use(await startRedis())
    const proxy = stack.use(await startProxy(redis.port))
    const waker = createWakeUpProducer(onRedis(redis.url), ['cart'])
    stack.defer(() => waker.close())
    const woken = new Set<string>()
    const handle = async (_: string, ids: readonly string[]) => ids.forEach((id) => woken.add(id))
    const workers = startWakeUpConsumers({
      ...onRedis(`redis://127.0.0.1:${proxy.port}`),
      kinds: ['cart'],
      concurrency: 2,
      waker,
      handle,
      stallMs: patienceMs,
    })
    stack.defer(() => workers.close())
    waker.wake([{ kind: 'cart', id: 'first' }])
    await waitFor(() => woken.has('first'), { what: 'the first wake-up' })
    // When it says that it is done it asks for the next: that must not be on its way still.
    await waitFor(async () => (await waker.inspect('cart')).active === 0, { what: 'the first to be done' })
    return { proxy, waker, woken, workers, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  test('is opened anew, and takes what waited', async () => {
    await using apart = await openApart()
    const before = await reopened()
    apart.proxy.loseOpen()
    apart.waker.wake([{ kind: 'cart', id: 'second' }])
    await waitFor(() => apart.woken.has('second'), { what: 'the wake-up that waited', timeoutMs: 4_000 })
    expect((await reopened()) - before).toBe(1)
    expect(apart.workers.isAlive()).toBe(true)
  })

  test('however often it is opened is given up: health tells it, until it takes something again', async () => {
    await using apart = await openApart()
    apart.proxy.blackHole()
    apart.waker.wake([{ kind: 'cart', id: 'second' }])
    await apart.workers.givenUp
    expect(apart.workers.isAlive()).toBe(false)
    apart.proxy.heal()
    apart.proxy.reset()
    await waitFor(() => apart.workers.isAlive(), { what: 'health' })
    expect(apart.woken).toContain('second')
  })
})

describe('never opened anew is a worker', () => {
  const rounds = patienceMs * 3

  test('of an idle shop, of a Redis that stands still, and of one that refuses to write', async () => {
    await using redis = await startRedis()
    await using sides = openSides(onRedis(redis.url), { stallMs: patienceMs })
    await waitFor(sides.nudges('cart'), { what: 'a wake-up' })
    const before = await reopened()
    const pass = async () => {
      const until = performance.now() + rounds
      await waitFor(() => performance.now() > until, { what: 'some looks' })
    }
    await pass()
    redis.freeze()
    sides.wakeUp('cart')
    await pass()
    redis.thaw()
    await waitFor(sides.nudges('cart'), { what: 'a wake-up' })
    sides.wakeUp('cart')
    await redis.call('replicaof', '127.0.0.1', '1')
    await pass()
    await redis.call('replicaof', 'no', 'one')
    await waitFor(sides.nudges('cart'), { what: 'a wake-up' })
    expect(await reopened()).toBe(before)
    expect(sides.workers.isAlive()).toBe(true)
  })

  test('that is full of calls which hang, while others wait', async () => {
    await using redis = await startRedis()
    const hanging = Promise.withResolvers<void>()
    await using sides = openSides(onRedis(redis.url), {
      stallMs: patienceMs,
      concurrency: 2,
      handle: () => hanging.promise,
    })
    const before = await reopened()
    for (let n = 0; n < 20; n += 1) sides.wakeUp('cart')
    await waitFor(async () => (await sides.waker.inspect('cart')).waiting === 18, { what: 'wake-ups that wait' })
    const until = performance.now() + rounds
    await waitFor(() => performance.now() > until, { what: 'some looks' })
    expect(await reopened()).toBe(before)
    expect(await metricValue(metrics.queueJobs, { kind: 'cart', state: 'waiting' })).toBe(18)
    expect(await metricValue(metrics.queueJobs, { kind: 'cart', state: 'active' })).toBe(2)
    hanging.resolve()
    await waitFor(async () => (await sides.waker.inspect('cart')).waiting === 0, { what: 'an empty queue' })
  })
})
