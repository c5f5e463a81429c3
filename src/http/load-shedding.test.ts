import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { waitFor } from '#test'
import { createLoadShedder } from './load-shedding.ts'

function watch(waitMs: () => number = () => 0) {
  const pressure = createLoadShedder({ waitMs, poolSize: 2 })
  return { ...pressure, [Symbol.dispose]: pressure.close }
}

const unavailable = { code: 'SERVICE_UNAVAILABLE' }

test('an event loop that is always late refuses those who look, then those who buy, and nobody once it is on time', async () => {
  using pressure = watch()
  const block = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until;);
  }
  expect(pressure.shortOf('browse')).toBeUndefined()
  // Without a rest in between, which would be on time.
  for (let round = 0; round < 20 && pressure.shortOf('browse') === undefined; round += 1) {
    block(400)
    await setImmediate()
  }
  expect(pressure.shortOf('browse')).toBe('event_loop')
  expect(pressure.shortOf('buy')).toBeUndefined()
  await waitFor(() => pressure.shortOf('browse') === undefined, { what: 'the event loop to be on time' })
})

test('who only looks is refused when others wait for Postgres; who buys, when it would be in vain', async () => {
  let waitMs = 0
  using pressure = watch(() => waitMs)
  const work = async () => 'done'
  await expect(pressure.admit('browse', work)).resolves.toBe('done')
  waitMs = 300
  await expect(pressure.admit('browse', work)).rejects.toMatchObject(unavailable)
  await expect(pressure.admit('buy', work)).resolves.toBe('done')
  waitMs = 1_900
  await expect(pressure.admit('buy', work)).rejects.toMatchObject(unavailable)
})

test('calls under way are bounded, more of those that buy', () => {
  using pressure = watch()
  const left = Array.from({ length: 1_001 }, () => pressure.enter())
  expect(pressure.shortOf('browse')).toBe('calls')
  expect(pressure.shortOf('buy')).toBeUndefined()
  for (let n = 0; n < 4_000; n += 1) left.push(pressure.enter())
  expect(pressure.shortOf('buy')).toBe('calls')
  for (const leave of left) leave()
  expect(pressure.shortOf('browse')).toBeUndefined()
})

test('who looks waits a moment for a place and is refused then; a place that is given back is taken by who waits', async () => {
  using pressure = watch()
  const slow = Promise.withResolvers<string>()
  const first = pressure.admit('browse', () => slow.promise)
  await expect(pressure.admit('browse', async () => 'never')).rejects.toMatchObject(unavailable)
  const waiting = pressure.admit('browse', async () => 'second')
  slow.resolve('first')
  expect(await Promise.all([first, waiting])).toEqual(['first', 'second'])
  await expect(pressure.admit('browse', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await expect(pressure.admit('browse', async () => 'third')).resolves.toBe('third')
})
