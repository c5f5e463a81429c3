import { expect, test } from 'vitest'
import { limitConcurrency } from './concurrency-limit.ts'

function pendingWork() {
  const started: number[] = []
  const finish: (() => void)[] = []
  const start = (id: number) => () => {
    started.push(id)
    return new Promise<number>((resolve) => finish.push(() => resolve(id)))
  }
  return { started, finish, start }
}

const nextTick = () => new Promise((resolve) => setImmediate(resolve))

test('no more calls run concurrently than the limit, in order of arrival', async () => {
  const limited = limitConcurrency({ runningMax: 2, waitingMax: 10 })
  const { started, finish, start } = pendingWork()
  const all = [1, 2, 3, 4].map((id) => limited(start(id)))
  await nextTick()
  expect(started).toEqual([1, 2])
  finish[0]?.()
  await all[0]
  await nextTick()
  expect(started).toEqual([1, 2, 3])
  finish[1]?.()
  finish[2]?.()
  await nextTick()
  finish[3]?.()
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4])
})

test('a call that finds the queue full is rejected immediately and takes no permit', async () => {
  const limited = limitConcurrency({ runningMax: 1, waitingMax: 1 })
  const { finish, start } = pendingWork()
  const first = limited(start(1))
  const second = limited(start(2))
  await expect(limited(start(3))).rejects.toMatchObject({ code: 'unavailable' })
  finish[0]?.()
  await first
  await nextTick()
  finish[1]?.()
  await second
  expect(await limited(() => Promise.resolve(4))).toBe(4)
})

test('a failed call releases its permit', async () => {
  const limited = limitConcurrency({ runningMax: 1, waitingMax: 0 })
  await expect(limited(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await limited(() => Promise.resolve('next'))).toBe('next')
})
