import { describe, expect, test } from 'vitest'
import { createBuyer, expectSettled, startFleet, startRedis, type Fleet, type Program } from '#test'

/** Orders placed while processes die: two servers and two workers on one Postgres. */

const ordersTotal = 300
const buyers = 16

async function sellWhileKilling(
  fleet: Fleet,
  { servers, worker, disturb }: { servers: [Program, Program]; worker: Program; disturb?: () => Promise<void> },
): Promise<string[]> {
  const skus = await fleet.query<{ sku: string }>('select sku from product.stock where available >= 40 order by sku')
  const placed: string[] = []
  let next = 0
  const shop = async (): Promise<void> => {
    const ada = createBuyer(servers[next % 2]?.url() ?? '', servers[(next + 1) % 2]?.url() ?? '')
    while (next < ordersTotal) {
      const n = next
      next += 1
      const answer = await ada.place(await ada.createCart([{ sku: skus[n % skus.length]?.sku ?? '', quantity: 1 }]))
      expect(answer.outcome).toBe('placed')
      if (answer.outcome === 'placed') placed.push(answer.order.id)
      if (placed.length === 80) void worker.kill()
      if (placed.length === 150) void disturb?.()
      if (placed.length === 200) void servers[0].kill()
    }
  }
  await Promise.all(Array.from({ length: buyers }, shop))
  return placed
}

describe('300 orders while a worker and a server are killed with -9', () => {
  test(
    'on a Redis that is flushed: every order is paid once, stock adds up, no message is left',
    { timeout: 120_000 },
    async () => {
      await using redis = await startRedis()
      await using fleet = await startFleet({ redisUrl: redis.url })
      const [first, second, worker] = await Promise.all([
        fleet.start(['serve']),
        fleet.start(['serve']),
        fleet.start(['worker']),
        fleet.start(['worker']),
      ])
      const placed = await sellWhileKilling(fleet, { servers: [first, second], worker, disturb: redis.flushAll })
      expect(new Set(placed).size).toBe(ordersTotal)
      await expectSettled(fleet, placed, { timeoutMs: 60_000 })
    },
  )

  test(
    'on the Postgres queue: every order is paid once, stock adds up, no message is left',
    { timeout: 120_000 },
    async () => {
      await using fleet = await startFleet()
      const [first, second, worker] = await Promise.all([
        fleet.start(['serve']),
        fleet.start(['serve']),
        fleet.start(['worker']),
        fleet.start(['worker']),
      ])
      const placed = await sellWhileKilling(fleet, { servers: [first, second], worker })
      expect(new Set(placed).size).toBe(ordersTotal)
      await expectSettled(fleet, placed, { timeoutMs: 60_000 })
    },
  )
})
