import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '#lib/free-port'
import { startProxy, type Proxy } from '#test'
import { startBalancer, type Balancer } from './balancer.ts'
import { startPostgres, startStandby, type Postgres } from './postgres.ts'
import { startProvider, providerKeys, type Provider } from './provider.ts'
import { startRedisServer, type RedisServer } from './redis.ts'
import { createReplica, type Replica } from './replica.ts'
import type { Template } from './template.ts'

/** A whole shop of real processes: servers, workers, a durable Postgres, Redis, and the provider. */
export interface Shop extends AsyncDisposable {
  readonly servers: Replica[]
  readonly workers: Replica[]
  /** The primary, whichever of the two that is by now. */
  readonly postgres: Postgres
  readonly standby: Postgres | undefined
  /** Between the primary and its standby. */
  readonly replicationProxy: Proxy
  /** The primary dies, the standby takes its place. */
  failOver(): Promise<void>
  /** Between the shop and Postgres, where the row asked for it. */
  readonly postgresProxy: Proxy
  readonly redis: RedisServer
  readonly redisProxy: Proxy
  readonly provider: Provider
  /** Before the servers, where the row asked for it: then buyers know its address alone. */
  readonly balancer: Balancer | undefined
  /** Addresses that buyers use. */
  readonly urls: string[]
  /** What one more process of this shop is started with. */
  readonly env: Record<string, string>
  /** One more process; it ends with the shop. */
  add(kind: 'serve' | 'worker', more?: Record<string, string>): Promise<Replica>
  /** File names of the letters that were sent. */
  letters(): Promise<string[]>
  /** Writes what every process has said into the shop's folder. */
  keepOutput(): Promise<void>
}

export interface ShopOptions {
  /** Of the chance of failpoints. */
  seed?: number
  /** Processes of each; 2 unless given. */
  servers?: number
  workers?: number
  /** Puts a TCP proxy before Postgres, or before Redis. */
  proxies?: readonly ('postgres' | 'redis')[]
  /** A streaming standby; `sync`: nothing is acknowledged before it is there too. */
  standby?: 'sync' | 'async'
  /** Where the data of Postgres lies; a folder of the row unless given. */
  postgresDir?: string
  redisSettings?: Record<string, string>
  /** The queue lives in Postgres instead of Redis. */
  isQueueOnPostgres?: boolean
  /** Buyers come through a balancer. */
  hasBalancer?: boolean
  /** The provider tells the first server by webhook. */
  hasWebhooks?: boolean
  /** For every process of the shop. */
  env?: Record<string, string>
  /** For one process alone, such as a planted bug. */
  envOf?(kind: 'serve' | 'worker', n: number): Record<string, string>
  /** Starts again what has died by itself, as a supervisor does. */
  isSupervised?: boolean
}

export async function openShop(folder: string, template: Template, options: ShopOptions = {}): Promise<Shop> {
  const { servers: serverCount = 2, workers: workerCount = 2, proxies = [] } = options
  await using taken = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  const postgres = taken.use(
    await startPostgres({
      dir: options.postgresDir ?? join(folder, 'postgres'),
      template,
      ...(options.standby === 'sync' ? { settings: { synchronous_standby_names: 'standby' } } : {}),
    }),
  )
  const replicationProxy = taken.use(await startProxy(postgres.port))
  const standby =
    options.standby === undefined
      ? undefined
      : taken.use(
          await startStandby(postgres, {
            dir: join(folder, 'standby'),
            template,
            name: 'standby',
            sourcePort: replicationProxy.port,
            settings: { wal_receiver_timeout: '2s', wal_retrieve_retry_interval: '500ms' },
          }),
        )
  let primary = postgres
  const redis = taken.use(
    await startRedisServer({
      dir: join(folder, 'redis'),
      ...(options.redisSettings === undefined ? {} : { settings: options.redisSettings }),
    }),
  )
  const postgresProxy = taken.use(await startProxy(postgres.port))
  const redisProxy = taken.use(await startProxy(redis.port))
  const ports = await Promise.all(Array.from({ length: serverCount }, freePort))
  const webhookPort = ports[0]
  const webhook = options.hasWebhooks === true ? `http://127.0.0.1:${webhookPort}/webhooks/payment` : undefined
  const provider = taken.use(await startProvider(folder, webhook))

  const env: Record<string, string> = {
    DATA_DIR: folder,
    DATABASE_URL: postgres.url(proxies.includes('postgres') ? postgresProxy.port : postgres.port),
    ...(options.isQueueOnPostgres === true
      ? {}
      : { REDIS_URL: redis.url(proxies.includes('redis') ? redisProxy.port : redis.port) }),
    SECRET_KEY: 'a secret of the failure suite alone, 32 characters',
    PAYMENT_URL: provider.url,
    PAYMENT_SECRET_KEY: providerKeys.apiKey,
    PAYMENT_WEBHOOK_SECRET: providerKeys.webhookSecret,
    PAYMENT_TIMEOUT_MS: '5000',
    LOG_LEVEL: 'warn',
    PLANT_SEED: String(options.seed ?? 1),
    ...options.env,
  }
  const replicas: Replica[] = []
  function makeReplica(
    kind: 'serve' | 'worker',
    { port, more, owner }: { port: number; more: Record<string, string>; owner: AsyncDisposableStack },
  ): Replica {
    const name = `${kind}-${replicas.filter((replica) => replica.name.startsWith(kind)).length + 1}`
    const revive = (replica: Replica): void => void replica.start().catch(() => undefined)
    const replica = owner.use(
      createReplica({
        name,
        args: [kind],
        port,
        env,
        more,
        ...(options.isSupervised === true ? { onDeath: revive } : {}),
      }),
    )
    replicas.push(replica)
    return replica
  }
  const make = (kind: 'serve' | 'worker', n: number, port: number): Replica =>
    makeReplica(kind, { port, more: options.envOf?.(kind, n) ?? {}, owner: taken })
  const servers = ports.map((port, n) => make('serve', n, port))
  const workers = Array.from({ length: workerCount }, (_, n) => make('worker', n, 0))
  await Promise.all([...servers, ...workers].map((replica) => replica.start()))

  const balancer = options.hasBalancer === true ? taken.use(await startBalancer(ports)) : undefined
  const kept = taken.move()
  return {
    servers,
    workers,
    get postgres() {
      return primary
    },
    standby,
    replicationProxy,
    async failOver() {
      if (standby === undefined) throw new Error('there is no standby')
      await primary.kill()
      await standby.query('select pg_promote(true, 30)')
      primary = standby
      postgresProxy.retarget(standby.port)
      postgresProxy.reset()
    },
    balancer,
    postgresProxy,
    redis,
    redisProxy,
    provider,
    env,
    urls: (balancer === undefined ? ports : [balancer.port]).map((port) => `http://127.0.0.1:${port}`),
    async add(kind, more = {}) {
      const replica = makeReplica(kind, { port: kind === 'serve' ? await freePort() : 0, more, owner: kept })
      await replica.start()
      return replica
    },
    letters: () => readdir(join(folder, 'emails')).catch(() => []),
    async keepOutput() {
      for (const { name, output } of [...replicas, provider.replica])
        await writeFile(join(folder, `${name}.log`), output())
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
