import { expect, onTestFinished, test, vi } from 'vitest'
import { rejectAfter, settledWithin, withDeadline } from './deadline.ts'

const late = () => new Error('late')
const never = new Promise<never>(() => {})

test('work within its deadline gives its result and leaves no timer', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let signal: AbortSignal | undefined
  const work = async (given: AbortSignal) => {
    signal = given
    return 'done'
  }
  expect(await withDeadline(1, work, late)).toBe('done')
  expect(vi.getTimerCount()).toBe(0)
  expect(signal?.aborted).toBe(false)
})

test('work beyond its deadline is rejected, and its signal aborts with the same error', async () => {
  const aborted = Promise.withResolvers<unknown>()
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => aborted.resolve(signal.reason))
    return never
  }
  await expect(withDeadline(1, work, late)).rejects.toThrow('late')
  expect(await aborted.promise).toMatchObject({ message: 'late' })
})

test('rejectAfter passes results and errors on, and rejects late work with its limit', async () => {
  expect(await rejectAfter(1_000, Promise.resolve('done'))).toBe('done')
  await expect(rejectAfter(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await expect(rejectAfter(1, never)).rejects.toThrow('no result within 1 ms')
})

test('settledWithin says whether the work was done in time, and passes its error on', async () => {
  expect(await settledWithin(1_000, Promise.resolve())).toBe(true)
  expect(await settledWithin(1, never)).toBe(false)
  await expect(settledWithin(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
})

test('an error of late work is not an unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const { promise, reject } = Promise.withResolvers<void>()
  await expect(rejectAfter(1, promise)).rejects.toThrow('no result')
  expect(await settledWithin(1, promise)).toBe(false)
  reject(new Error('broken'))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})
