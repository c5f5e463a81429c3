import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { waitFor } from '../../support/wait-for.ts'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'
import { startRedisServer, type RedisServer } from '../shop/redis.ts'

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
    const replica = resources.use(
      await startRedisServer({
        dir: join(folder, 'redis-replica'),
        settings: { replicaof: `127.0.0.1 ${shop.redis.port}` },
      }),
    )
    notes.set('replica', replica)
    const sentinelFile = join(folder, 'sentinel.conf')
    await writeFile(
      sentinelFile,
      [
        `sentinel monitor shop 127.0.0.1 ${shop.redis.port} 1`,
        'sentinel down-after-milliseconds shop 1000',
        'sentinel failover-timeout shop 4000',
      ].join('\n'),
    )
    const sentinel = resources.use(await startRedisServer({ dir: join(folder, 'sentinel'), sentinelFile }))
    await waitFor(async () => String(await replica.command('info', 'replication')).includes('master_link_status:up'), {
      what: 'the replica to replicate',
    })
    await waitFor(
      async () => String(await sentinel.command('sentinel', 'replicas', 'shop')).includes(String(replica.port)),
      {
        timeoutMs: 15_000,
        what: 'Sentinel to know the replica',
      },
    )

    await load.until(0.4)
    replica.signal('SIGSTOP')
    // Writes from here on do not reach the replica.
    await shop.redis.command('client', 'kill', 'type', 'replica')
    await load.until(0.5)
    await shop.redis.kill()
    shop.redisProxy.reset()
    replica.signal('SIGCONT')
    await waitFor(
      async () =>
        String(await sentinel.command('sentinel', 'get-master-addr-by-name', 'shop')).includes(String(replica.port)),
      {
        timeoutMs: 30_000,
        what: 'Sentinel to fail over',
      },
    )
    log('Sentinel has failed over')
    await waitFor(async () => String(await replica.command('role')).startsWith('master'), {
      what: 'the replica to be primary',
    })
    shop.redisProxy.retarget(replica.port)
    shop.redisProxy.reset()
    await delay(0)
  },
  checker: ({ shop, notes }) => findStalledWorkers(shop, notes.get('replica') as RedisServer),
})
