import type * as Crypto from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { freePort } from './free-port.ts'

const chance = vi.hoisted(() => ({ next: new Array<number>() }))
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  return { ...crypto, randomInt: (min: number, max: number) => chance.next.shift() ?? crypto.randomInt(min, max) }
})

test('a port is below those that the system gives to whoever connects', async () => {
  for (const port of await Promise.all(Array.from({ length: 50 }, freePort))) {
    expect(port).toBeGreaterThanOrEqual(10_000)
    expect(port).toBeLessThan(32_768)
  }
})

test.each(['127.0.0.1', '0.0.0.0'])('a port that somebody listens on at %s is passed over', async (address) => {
  const taken = await freePort()
  const listener = createServer().listen(taken, address)
  await once(listener, 'listening')
  chance.next = [taken, taken]
  expect(await freePort()).not.toBe(taken)
  expect(chance.next).toEqual([])
  listener.close()
})
