import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'
import { startRedisServer, type RedisServer } from './redis.ts'

/** A replica of a Redis server, with a Sentinel that promotes it when the server is gone. */
export interface Sentinel extends AsyncDisposable {
  readonly replica: RedisServer
  /** Resolves when the replica is the primary. */
  failedOver(): Promise<void>
}

export async function startSentinel(folder: string, redis: RedisServer): Promise<Sentinel> {
  await using resources = new AsyncDisposableStack()
  const replica = resources.use(
    await startRedisServer({
      dir: join(folder, 'redis-replica'),
      settings: { replicaof: `127.0.0.1 ${redis.port}` },
    }),
  )
  const sentinelFile = join(folder, 'sentinel.conf')
  await writeFile(
    sentinelFile,
    [
      `sentinel monitor shop 127.0.0.1 ${redis.port} 1`,
      'sentinel down-after-milliseconds shop 1000',
      'sentinel failover-timeout shop 4000',
    ].join('\n'),
  )
  const sentinel = resources.use(await startRedisServer({ dir: join(folder, 'sentinel'), sentinelFile }))
  const asked = async (...args: string[]): Promise<string> => String(await sentinel.command('sentinel', ...args))
  await waitFor(async () => String(await replica.command('info', 'replication')).includes('master_link_status:up'), {
    what: 'the replica to replicate',
  })
  await waitFor(async () => (await asked('replicas', 'shop')).includes(String(replica.port)), {
    timeoutMs: 15_000,
    what: 'Sentinel to know the replica',
  })
  const kept = resources.move()
  return {
    replica,
    async failedOver() {
      await waitFor(async () => (await asked('get-master-addr-by-name', 'shop')).includes(String(replica.port)), {
        timeoutMs: 30_000,
        what: 'Sentinel to fail over',
      })
      await waitFor(async () => String(await replica.command('role')).startsWith('master'), {
        what: 'the replica to be primary',
      })
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
