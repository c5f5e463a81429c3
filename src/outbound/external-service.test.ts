import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createExternalService, type ExternalServiceOptions } from './external-service.ts'

class Refusal extends Error {}

function openParty(options: Partial<ExternalServiceOptions> = {}) {
  const log = pino({ level: 'silent' })
  const isRefusal = (error: unknown): boolean => error instanceof Refusal
  const party = createExternalService({
    name: 'test',
    timeoutMs: 200,
    concurrency: 1,
    isRejection: isRefusal,
    log,
    ...options,
  })
  onTestFinished(() => party.close())
  return party
}

const never = () => new Promise<never>(() => {})

test('a call that does not answer ends at its deadline, its outcome unknown, and its signal tells it', async () => {
  const party = openParty()
  let heard: AbortSignal | undefined
  const call = party.call((signal) => {
    heard = signal
    return never()
  })
  await expect(call).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  expect(heard?.aborted).toBe(true)
})

test('calls take turns in the order they came, so many at once', async () => {
  const party = openParty({ concurrency: 2, timeoutMs: 5_000 })
  const began: number[] = []
  let underWay = 0
  let most = 0
  const calls = Array.from({ length: 8 }, (_, n) =>
    party.call(async () => {
      began.push(n)
      underWay += 1
      most = Math.max(most, underWay)
      await delay(5)
      underWay -= 1
    }),
  )
  await Promise.all(calls)
  expect(began).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(2)
})

test('a call beyond those that may wait is not sent', async () => {
  const party = openParty({ waitingMax: 1 })
  const calls = [party.call(never), party.call(never)]
  let isSent = false
  const refused = party.call(async () => {
    isSent = true
  })
  await expect(refused).rejects.toMatchObject({ reason: 'unreachable' })
  expect(isSent).toBe(false)
  await Promise.allSettled(calls)
})

test('a call waits for its place no longer than for its answer, and is not sent then', async () => {
  const party = openParty({ timeoutMs: 300 })
  // Those before it answer slowly but in time: a place is never free for long.
  const slow = () => party.call(() => delay(250))
  const before = Promise.allSettled([slow(), slow(), slow()])
  let isSent = false
  const startedAt = performance.now()
  const last = party.call(async () => {
    isSent = true
  })
  await expect(last).rejects.toMatchObject({ reason: 'unreachable' })
  expect(performance.now() - startedAt).toBeLessThan(700)
  await before
  await delay(50)
  expect(isSent).toBe(false)
})

test('a party that fails is left alone, then tried again; one that refuses is well', async () => {
  const party = openParty({ concurrency: 4 })
  const refuse = () => Promise.reject(new Refusal())
  for (let n = 0; n < 20; n += 1) await expect(party.call(refuse)).rejects.toBeInstanceOf(Refusal)
  expect(party.isOpen()).toBe(false)
  const fail = () => Promise.reject(new Error('broken'))
  for (let n = 0; n < 40 && !party.isOpen(); n += 1) await expect(party.call(fail)).rejects.toThrow('broken')
  expect(party.isOpen()).toBe(true)
  let isSent = false
  const call = () =>
    party.call(async () => {
      isSent = true
      return 'well again'
    })
  await expect(call()).rejects.toMatchObject({ reason: 'unreachable' })
  expect(isSent).toBe(false)
  await delay(2_100)
  expect(await call()).toBe('well again')
  expect(party.isOpen()).toBe(false)
})
