import { waitFor } from '../support/wait-for.ts'
import type { RedisServer } from './shop/redis.ts'
import type { Shop } from './shop/shop.ts'

/** Actor kinds, each with its own queue (src/app.ts). */
const kinds = ['cart', 'order', 'payment', 'charge', 'payment-event', 'email', 'reconciliation', 'housekeeping']
/** Longest time until a worker consumes again after a fault of Redis, ms. */
const resumesWithinMs = 15_000

/**
 * Stall check: after a fault of Redis a BullMQ worker can report that it runs and yet consume nothing. A consuming
 * worker holds one blocking read open for each of its queues, and wake-ups do not stay in the wait lists.
 * @returns the problems found; empty when every worker consumes
 */
export async function findStalledWorkers({ workers }: Shop, redis: RedisServer): Promise<string[]> {
  const problems: string[] = []
  const expected = workers.length * kinds.length
  await waitFor(async () => (await countBlockedReads(redis)) >= expected, {
    timeoutMs: resumesWithinMs,
    what: 'a blocking read of every queue worker',
  }).catch(async () => problems.push(`${await countBlockedReads(redis)} of ${expected} queue workers consume`))
  await waitFor(async () => (await countWaiting(redis)) === 0, {
    timeoutMs: resumesWithinMs,
    what: 'empty queues',
  }).catch(async () => problems.push(`${await countWaiting(redis)} wake-ups wait in Redis and are not consumed`))
  return problems
}

async function countBlockedReads(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('info', 'clients'))
  return Number(/blocked_clients:(\d+)/.exec(info)?.[1] ?? 0)
}

async function countWaiting(redis: RedisServer): Promise<number> {
  const lengths = await Promise.all(kinds.map((kind) => redis.command('llen', `holdfast:wake-${kind}:wait`)))
  return lengths.reduce<number>((sum, length) => sum + Number(length), 0)
}
