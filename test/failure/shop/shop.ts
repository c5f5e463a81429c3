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
  /** The current primary. */
  readonly postgres: Postgres
  readonly standby: Postgres | undefined
  /** Between the primary and its standby. */
  readonly replicationProxy: Proxy
  /** Kills the primary and promotes the standby. */
  failOver(): Promise<void>
  /** Between the shop and Postgres, when `proxies` includes 'postgres'. */
  readonly postgresProxy: Proxy
  readonly redis: RedisServer
  readonly redisProxy: Proxy
  readonly provider: Provider
  /** In front of the servers, with `hasBalancer`: `urls` then holds its address alone. */
  readonly balancer: Balancer | undefined
  /** Addresses that buyers use. */
  readonly urls: string[]
  /** Environment of every process of this shop. */
  readonly env: Record<string, string>
  /** Starts one more process; it ends with the shop. */
  add(kind: 'serve' | 'worker', extraEnv?: Record<string, string>): Promise<Replica>
  /** File names of the emails that were sent. */
  emails(): Promise<string[]>
  /** Writes the output of every process to a log file in the shop's folder. */
  writeLogs(): Promise<void>
}

export interface ShopOptions {
  /** Seed of the failpoints' random numbers; default 1. */
  seed?: number
  /** Number of servers; default 2. */
  servers?: number
  /** Number of workers; default 2. */
  workers?: number
  /** The shop connects to these through a TCP proxy. */
  proxies?: readonly ('postgres' | 'redis')[]
  /** Replication to a streaming standby: with `sync` each commit waits for the standby. */
  standby?: 'sync' | 'async'
  /** Data directory of Postgres; default a folder of the row. */
  postgresDir?: string
  redisSettings?: Record<string, string>
  /** The queue is in Postgres instead of Redis. */
  isQueueOnPostgres?: boolean
  /** Buyers connect through a balancer. */
  hasBalancer?: boolean
  /** The provider sends webhooks to the first server. */
  hasWebhooks?: boolean
  /** Additional environment of every process. */
  env?: Record<string, string>
  /** Additional environment of one process, such as a planted bug. */
  envOf?(kind: 'serve' | 'worker', n: number): Record<string, string>
  /** Restarts a process that ended by itself, as a supervisor does. */
  isSupervised?: boolean
}

export async function openShop(folder: string, template: Template, options: ShopOptions = {}): Promise<Shop> {
  const { servers: serverCount = 2, workers: workerCount = 2, proxies = [] } = options
  await using resources = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  const postgres = resources.use(
    await startPostgres({
      dir: options.postgresDir ?? join(folder, 'postgres'),
      template,
      ...(options.standby === 'sync' ? { settings: { synchronous_standby_names: 'standby' } } : {}),
    }),
  )
  const replicationProxy = resources.use(await startProxy(postgres.port))
  const standby =
    options.standby === undefined
      ? undefined
      : resources.use(
          await startStandby(postgres, {
            dir: join(folder, 'standby'),
            template,
            name: 'standby',
            sourcePort: replicationProxy.port,
            settings: { wal_receiver_timeout: '2s', wal_retrieve_retry_interval: '500ms' },
          }),
        )
  let primary = postgres
  const redis = resources.use(
    await startRedisServer({
      dir: join(folder, 'redis'),
      ...(options.redisSettings === undefined ? {} : { settings: options.redisSettings }),
    }),
  )
  const postgresProxy = resources.use(await startProxy(postgres.port))
  const redisProxy = resources.use(await startProxy(redis.port))
  const ports = await Promise.all(Array.from({ length: serverCount }, freePort))
  const webhookPort = ports[0]
  const webhook = options.hasWebhooks === true ? `http://127.0.0.1:${webhookPort}/webhooks/payment` : undefined
  const provider = resources.use(await startProvider(folder, webhook))

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
    { port, extraEnv, owner }: { port: number; extraEnv: Record<string, string>; owner: AsyncDisposableStack },
  ): Replica {
    const name = `${kind}-${replicas.filter((replica) => replica.name.startsWith(kind)).length + 1}`
    const restart = (replica: Replica): void => void replica.start().catch(() => undefined)
    const replica = owner.use(
      createReplica({
        name,
        args: [kind],
        port,
        env,
        extraEnv,
        ...(options.isSupervised === true ? { onDeath: restart } : {}),
      }),
    )
    replicas.push(replica)
    return replica
  }
  const make = (kind: 'serve' | 'worker', n: number, port: number): Replica =>
    makeReplica(kind, { port, extraEnv: options.envOf?.(kind, n) ?? {}, owner: resources })
  const servers = ports.map((port, n) => make('serve', n, port))
  const workers = Array.from({ length: workerCount }, (_, n) => make('worker', n, 0))
  await Promise.all([...servers, ...workers].map((replica) => replica.start()))

  const balancer = options.hasBalancer === true ? resources.use(await startBalancer(ports)) : undefined
  const kept = resources.move()
  return {
    servers,
    workers,
    get postgres() {
      return primary
    },
    standby,
    replicationProxy,
    async failOver() {
      if (standby === undefined) throw new Error('the shop has no standby: set the option `standby`')
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
    async add(kind, extraEnv = {}) {
      const replica = makeReplica(kind, { port: kind === 'serve' ? await freePort() : 0, extraEnv, owner: kept })
      await replica.start()
      return replica
    },
    emails: () => readdir(join(folder, 'emails')).catch(() => []),
    async writeLogs() {
      for (const { name, output } of [...replicas, provider.replica])
        await writeFile(join(folder, `${name}.log`), output())
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
