import { expect, test } from 'vitest'
import { limitConcurrency } from './concurrency-limit.ts'

function heldWork() {
  const started: number[] = []
  const finish: (() => void)[] = []
  const start = (id: number) => () => {
    started.push(id)
    return new Promise<number>((resolve) => finish.push(() => resolve(id)))
  }
  return { started, finish, start }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('no more work runs at once than the gate allows, and it runs in the order it came', async () => {
  const gate = limitConcurrency({ runningMax: 2, waitingMax: 10 })
  const { started, finish, start } = heldWork()
  const all = [1, 2, 3, 4].map((id) => gate(start(id)))
  await settle()
  expect(started).toEqual([1, 2])
  finish[0]?.()
  await all[0]
  await settle()
  expect(started).toEqual([1, 2, 3])
  finish[1]?.()
  finish[2]?.()
  await settle()
  finish[3]?.()
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4])
})

test('who finds the queue full is told so at once and holds no place', async () => {
  const gate = limitConcurrency({ runningMax: 1, waitingMax: 1 })
  const { finish, start } = heldWork()
  const first = gate(start(1))
  const second = gate(start(2))
  await expect(gate(start(3))).rejects.toMatchObject({ code: 'unavailable' })
  finish[0]?.()
  await first
  await settle()
  finish[1]?.()
  await second
  expect(await gate(() => Promise.resolve(4))).toBe(4)
})

test('work that fails gives its place back', async () => {
  const gate = limitConcurrency({ runningMax: 1, waitingMax: 0 })
  await expect(gate(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await gate(() => Promise.resolve('next'))).toBe('next')
})
