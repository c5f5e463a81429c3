import { waitFor } from '../support/wait-for.ts'
import type { RedisServer } from './shop/redis.ts'
import type { Shop } from './shop/shop.ts'

/** Kinds that have a queue of their own (src/app.ts). */
const kinds = ['cart', 'order', 'payment', 'charge', 'payment-event', 'email', 'reconciliation', 'housekeeping']
/** Longest time until a worker listens again after trouble with Redis, ms. */
const withinMs = 15_000

/**
 * A worker can go deaf after trouble with Redis while it says that it runs: one that listens has a blocking read open
 * for each of its queues, and no wake-up lies about for long.
 */
export async function whoIsDeaf({ workers }: Shop, redis: RedisServer): Promise<string[]> {
  const problems: string[] = []
  const expected = workers.length * kinds.length
  await waitFor(async () => (await blockedReads(redis)) >= expected, {
    timeoutMs: withinMs,
    what: 'all to listen',
  }).catch(async () => problems.push(`${await blockedReads(redis)} of ${expected} queue workers listen`))
  await waitFor(async () => (await waiting(redis)) === 0, { timeoutMs: withinMs, what: 'empty queues' }).catch(
    async () => problems.push(`${await waiting(redis)} wake-ups lie in Redis, and nobody takes them`),
  )
  return problems
}

async function blockedReads(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('info', 'clients'))
  return Number(/blocked_clients:(\d+)/.exec(info)?.[1] ?? 0)
}

async function waiting(redis: RedisServer): Promise<number> {
  const lengths = await Promise.all(kinds.map((kind) => redis.command('llen', `holdfast:wake-${kind}:wait`)))
  return lengths.reduce<number>((sum, length) => sum + Number(length), 0)
}
