import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { waitFor } from '../../support/wait-for.ts'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'
import { startRedisServer, type RedisServer } from '../shop/redis.ts'

/** Clients come through a proxy that follows Sentinel, as ElastiCache's primary endpoint does. */
export const redisFailsOver = defineRow({
  row: 7,
  fault: 'Redis failover loses writes',
  how: 'paused replica, Sentinel, kill primary',
  holds: 're-published from Postgres',
  orders: 950,
  perSecond: 25,
  shop: { proxies: ['redis'] },
  async disturb({ shop, load, folder, notes, say, taken }) {
    const replica = taken.use(
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
    const sentinel = taken.use(await startRedisServer({ dir: join(folder, 'sentinel'), sentinelFile }))
    await waitFor(async () => String(await replica.command('info', 'replication')).includes('master_link_status:up'), {
      what: 'the replica to follow',
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
    // What is written from here on reaches nobody else.
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
    say('Sentinel has failed over')
    await waitFor(async () => String(await replica.command('role')).startsWith('master'), { what: 'the new primary' })
    shop.redisProxy.retarget(replica.port)
    shop.redisProxy.reset()
    await delay(0)
  },
  besides: ({ shop, notes }) => whoIsDeaf(shop, notes.get('replica') as RedisServer),
})
