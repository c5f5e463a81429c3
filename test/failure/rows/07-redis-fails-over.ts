import { setTimeout as delay } from 'node:timers/promises'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'
import type { RedisServer } from '../shop/redis.ts'
import { startSentinel } from '../shop/sentinel.ts'

/** Clients connect through a proxy that follows Sentinel, as ElastiCache's primary endpoint does. */
export const redisFailsOver = defineRow({
  row: 7,
  fault: 'Redis failover loses writes',
  injection: 'paused replica, Sentinel, kill primary',
  guarantee: 'lost wake-ups are recovered from Postgres',
  operations: 950,
  perSecond: 25,
  shop: { proxies: ['redis'] },
  async nemesis({ shop, load, folder, notes, log, resources }) {
    const sentinel = resources.use(await startSentinel(folder, shop.redis))
    const { replica } = sentinel
    notes.set('replica', replica)
    await load.until(0.4)
    replica.signal('SIGSTOP')
    // Writes from here on do not reach the replica.
    await shop.redis.command('client', 'kill', 'type', 'replica')
    await load.until(0.5)
    await shop.redis.kill()
    shop.redisProxy.reset()
    replica.signal('SIGCONT')
    await sentinel.failedOver()
    log('Sentinel has failed over')
    shop.redisProxy.retarget(replica.port)
    shop.redisProxy.reset()
    await delay(0)
  },
  checker: ({ shop, notes }) => findStalledWorkers(shop, notes.get('replica') as RedisServer),
})
