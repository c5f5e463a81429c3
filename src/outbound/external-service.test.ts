import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { createExternalService, type ExternalServiceOptions } from './external-service.ts'

afterEach(() => void vi.useRealTimers())

class RejectionError extends Error {}

function openService(options: Partial<ExternalServiceOptions> = {}) {
  const log = pino({ level: 'silent' })
  const isRejection = (error: unknown): boolean => error instanceof RejectionError
  const service = createExternalService({
    name: 'test',
    timeoutMs: 200,
    concurrency: 1,
    isRejection,
    log,
    ...options,
  })
  onTestFinished(() => service.close())
  return service
}

const never = () => new Promise<never>(() => {})

test('a call without a response ends at its deadline: result unknown, signal aborted', async () => {
  const service = openService()
  let received: AbortSignal | undefined
  const call = service.call((signal) => {
    received = signal
    return never()
  })
  await expect(call).rejects.toMatchObject({ name: 'OutboundError', reason: 'unknown' })
  expect(received?.aborted).toBe(true)
})

test('calls run in order of arrival, no more than the concurrency allows', async () => {
  const service = openService({ concurrency: 2, timeoutMs: 5_000 })
  const began: number[] = []
  let running = 0
  let runningMax = 0
  const calls = Array.from({ length: 8 }, (_, n) =>
    service.call(async () => {
      began.push(n)
      running += 1
      runningMax = Math.max(runningMax, running)
      await setImmediate()
      running -= 1
    }),
  )
  await Promise.all(calls)
  expect(began).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(runningMax).toBe(2)
})

test('a call beyond the waiting limit is not sent', async () => {
  const service = openService({ waitingMax: 1 })
  const calls = [service.call(never), service.call(never)]
  let isSent = false
  const rejected = service.call(async () => {
    isSent = true
  })
  await expect(rejected).rejects.toMatchObject({ reason: 'unreachable' })
  expect(isSent).toBe(false)
  await Promise.allSettled(calls)
})

test('a call that waited for the bulkhead as long as its deadline is not sent', async () => {
  vi.useFakeTimers()
  const service = openService({ timeoutMs: 300 })
  // The calls before it are slow but in time: the bulkhead is always full.
  let finished = 0
  const slow = () =>
    service.call(async () => {
      await new Promise((resolve) => setTimeout(resolve, 250))
      finished += 1
    })
  const before = Promise.allSettled([slow(), slow(), slow()])
  let isSent = false
  const last = Promise.allSettled([
    service.call(async () => {
      isSent = true
    }),
  ])
  await vi.advanceTimersByTimeAsync(300)
  expect(await last).toMatchObject([{ reason: { reason: 'unreachable' } }])
  expect(finished).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  // The last of the slow calls waited for the bulkhead as long.
  expect((await before).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(isSent).toBe(false)
})

test('failures open the breaker until a retry succeeds; rejections leave it closed', async () => {
  vi.useFakeTimers()
  const service = openService({ concurrency: 4 })
  const reject = () => Promise.reject(new RejectionError())
  for (let n = 0; n < 20; n += 1) await expect(service.call(reject)).rejects.toBeInstanceOf(RejectionError)
  expect(service.isOpen()).toBe(false)
  const fail = () => Promise.reject(new Error('broken'))
  for (let n = 0; n < 40 && !service.isOpen(); n += 1) await expect(service.call(fail)).rejects.toThrow('broken')
  expect(service.isOpen()).toBe(true)
  let isSent = false
  const call = () =>
    service.call(async () => {
      isSent = true
      return 'works again'
    })
  await expect(call()).rejects.toMatchObject({ reason: 'unreachable' })
  expect(isSent).toBe(false)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await call()).toBe('works again')
  expect(service.isOpen()).toBe(false)
})
