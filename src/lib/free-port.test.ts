import type * as Crypto from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { freePort } from './free-port.ts'

const random = vi.hoisted(() => ({ next: new Array<number>() }))
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof Crypto>()
  return { ...crypto, randomInt: (min: number, max: number) => random.next.shift() ?? crypto.randomInt(min, max) }
})

test('a free port is below the ephemeral ports', async () => {
  for (const port of await Promise.all(Array.from({ length: 50 }, freePort))) {
    expect(port).toBeGreaterThanOrEqual(10_000)
    expect(port).toBeLessThan(32_768)
  }
})

test.each(['127.0.0.1', '0.0.0.0'])('a port with a listener on %s is passed over', async (address) => {
  const taken = await freePort()
  const listener = createServer().listen(taken, address)
  await once(listener, 'listening')
  random.next = [taken, taken]
  expect(await freePort()).not.toBe(taken)
  expect(random.next).toEqual([])
  listener.close()
})
