import { expect, test } from 'vitest'
import { createFairQueue } from './fair-queue.ts'

function pendingWork() {
  const started: string[] = []
  const finish: (() => void)[] = []
  const start = (id: string) => () => {
    started.push(id)
    return new Promise<string>((resolve) => finish.push(() => resolve(id)))
  }
  /** Finishes one call after the other, also those that start meanwhile, until `count` are finished. */
  async function finishAll(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await nextTick()
      finish[n]?.()
    }
  }
  return { started, finish, start, finishAll }
}

const nextTick = () => new Promise((resolve) => setImmediate(resolve))
const outcomesOf = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'rejected'))

test('no more calls run concurrently than the limit, those of one source in order of arrival', async () => {
  const queued = createFairQueue({ runningMax: 2, waitingMax: 10 })
  const { started, start, finishAll } = pendingWork()
  const all = ['1', '2', '3', '4'].map((id) => queued('one', start(id)))
  await nextTick()
  expect(started).toEqual(['1', '2'])
  await finishAll(4)
  expect(started).toEqual(['1', '2', '3', '4'])
  expect(await Promise.all(all)).toEqual(['1', '2', '3', '4'])
})

test('sources take turns, however many calls of one wait', async () => {
  const queued = createFairQueue({ runningMax: 1, waitingMax: 10 })
  const { started, start, finishAll } = pendingWork()
  const flood = ['f1', 'f2', 'f3', 'f4'].map((id) => queued('flood', start(id)))
  const others = ['a1', 'b1', 'a2'].map((id) => queued(id.charAt(0), start(id)))
  await finishAll(7)
  await Promise.all([...flood, ...others])
  expect(started).toEqual(['f1', 'f2', 'a1', 'b1', 'f3', 'a2', 'f4'])
})

test('a full queue makes room for another source at the cost of the source that waits with most', async () => {
  const queued = createFairQueue({ runningMax: 1, waitingMax: 3 })
  const { start, finishAll } = pendingWork()
  const flood = ['f1', 'f2', 'f3', 'f4', 'f5'].map((id) => queued('flood', start(id)))
  const others = ['a1', 'b1', 'c1'].map((id) => queued(id, start(id)))
  const outcomes = Promise.all([outcomesOf(flood), outcomesOf(others)])
  await finishAll(4)
  expect(await outcomes).toEqual([
    ['f1', 'f2', 'rejected', 'rejected', 'rejected'],
    ['a1', 'b1', 'rejected'],
  ])
})

test('a call that finds the queue full is `unavailable` and takes no permit', async () => {
  const queued = createFairQueue({ runningMax: 1, waitingMax: 1 })
  const { start, finishAll } = pendingWork()
  const first = queued('one', start('1'))
  const second = queued('one', start('2'))
  await expect(queued('one', start('3'))).rejects.toMatchObject({ code: 'unavailable' })
  await finishAll(2)
  await Promise.all([first, second])
  expect(await queued('one', () => Promise.resolve(4))).toBe(4)
})

test('a failed call releases its permit', async () => {
  const queued = createFairQueue({ runningMax: 1, waitingMax: 0 })
  await expect(queued('one', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await queued('one', () => Promise.resolve('next'))).toBe('next')
})
