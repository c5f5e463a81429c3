import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { waitFor } from '#test'
import { createLoadShedder } from './load-shedding.ts'

function openLoadShedder(waitMs: () => number = () => 0) {
  const loadShedder = createLoadShedder({ waitMs, poolSize: 2 })
  return { ...loadShedder, [Symbol.dispose]: loadShedder.close }
}

const unavailable = { code: 'SERVICE_UNAVAILABLE' }

test('a late event loop sheds browse calls before checkout calls, and none once it is on time', async () => {
  using loadShedder = openLoadShedder()
  const block = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until;);
  }
  expect(loadShedder.shortageFor('browse')).toBeUndefined()
  // No pause in between: an idle loop would be on time.
  for (let round = 0; round < 20 && loadShedder.shortageFor('browse') === undefined; round += 1) {
    block(400)
    await setImmediate()
  }
  expect(loadShedder.shortageFor('browse')).toBe('event_loop')
  expect(loadShedder.shortageFor('checkout')).toBeUndefined()
  await waitFor(() => loadShedder.shortageFor('browse') === undefined, { what: 'the event loop to be on time' })
})

test('a long wait for Postgres sheds browse calls; a wait near the timeout sheds checkout calls too', async () => {
  let waitMs = 0
  using loadShedder = openLoadShedder(() => waitMs)
  const work = async () => 'done'
  await expect(loadShedder.admit('browse', work)).resolves.toBe('done')
  waitMs = 300
  await expect(loadShedder.admit('browse', work)).rejects.toMatchObject(unavailable)
  await expect(loadShedder.admit('checkout', work)).resolves.toBe('done')
  waitMs = 1_900
  await expect(loadShedder.admit('checkout', work)).rejects.toMatchObject(unavailable)
})

test('the number of calls under way is limited, with a higher limit for checkout calls', () => {
  using loadShedder = openLoadShedder()
  const underWay = Array.from({ length: 1_001 }, () => loadShedder.start())
  expect(loadShedder.shortageFor('browse')).toBe('calls')
  expect(loadShedder.shortageFor('checkout')).toBeUndefined()
  for (let n = 0; n < 4_000; n += 1) underWay.push(loadShedder.start())
  expect(loadShedder.shortageFor('checkout')).toBe('calls')
  for (const finish of underWay) finish()
  expect(loadShedder.shortageFor('browse')).toBeUndefined()
})

test('a browse call waits for a slot and is rejected after a moment; a released slot goes to a waiting call', async () => {
  using loadShedder = openLoadShedder()
  const slow = Promise.withResolvers<string>()
  const first = loadShedder.admit('browse', () => slow.promise)
  await expect(loadShedder.admit('browse', async () => 'never')).rejects.toMatchObject(unavailable)
  const waiting = loadShedder.admit('browse', async () => 'second')
  slow.resolve('first')
  expect(await Promise.all([first, waiting])).toEqual(['first', 'second'])
  await expect(loadShedder.admit('browse', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await expect(loadShedder.admit('browse', async () => 'third')).resolves.toBe('third')
})
