import { createPostgresBackend, Queue, runMigrations, withBackend, Worker, type Processor } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { BootError } from '#errors'
import type { Logger } from '#telemetry'

/** Where wake-ups travel: Redis when `redisUrl` is given, else BullMQ's tables in Postgres. */
export interface QueueOptions {
  redisUrl: string | undefined
  databaseUrl: string
  log: Logger
}

/** A wake-up: who has mail. Ids alone, never what the mail says. */
export interface WakeUp {
  ids: string[]
}

const schema = 'bullmq'
const prefix = 'holdfast'
const queueName = (kind: string): string => `wake-${kind}`
const onPostgres = withBackend(createPostgresBackend)

const postgresConnection = (options: QueueOptions) => ({
  connectionString: options.databaseUrl,
  schema,
  max: 2,
  connectionTimeoutMillis: 2_000,
  application_name: 'holdfast-queue',
})

const redisConnection = (url: string) => {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  return {
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    db: pathname.length > 1 ? Number(pathname.slice(1)) : 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: 2_000,
    retryStrategy: (times: number) => Math.min(2_000, 100 * times),
  }
}

/** The side that gives wake-ups. A call fails at once while Redis is away instead of waiting for it. */
export function openQueue(kind: string, options: QueueOptions) {
  // Finished jobs are not kept: a wake-up says nothing that Postgres does not know.
  const defaultJobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }
  if (options.redisUrl === undefined) {
    return new onPostgres.Queue<WakeUp>(queueName(kind), { prefix, defaultJobOptions, connection: postgresConnection(options) })
  }
  const connection = { ...redisConnection(options.redisUrl), enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 2_000 }
  return new Queue<WakeUp>(queueName(kind), { prefix, defaultJobOptions, connection })
}

/** The side that takes them. */
export function openWorker(kind: string, options: QueueOptions & { concurrency: number }, process: Processor<WakeUp>) {
  const { concurrency } = options
  if (options.redisUrl === undefined) {
    return new onPostgres.Worker<WakeUp>(queueName(kind), process, { prefix, concurrency, connection: postgresConnection(options) })
  }
  const connection = { ...redisConnection(options.redisUrl), maxRetriesPerRequest: null }
  return new Worker<WakeUp>(queueName(kind), process, { prefix, concurrency, connection })
}

/** Brings BullMQ's own tables to its version, where the queue lives in Postgres. Safe to run from many processes at once. */
export async function prepareQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl !== undefined) return
  const client = new pg.Client({ connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await runMigrations(client, schema)
  } finally {
    await client.end()
  }
}

/** @throws BootError that says what to do when Redis cannot be reached or would evict the queue. */
export async function requireQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl === undefined) return
  const redis = new Redis({ ...redisConnection(options.redisUrl), lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    const memory = await redis.info('memory')
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction') {
      throw new BootError(`Redis evicts keys when it is full (maxmemory-policy ${policy}), and would lose the queue. Set maxmemory-policy to noeviction; the cache belongs in a Redis of its own.`)
    }
  } catch (error) {
    if (error instanceof BootError) throw error
    throw new BootError('Redis cannot be reached. Check that it runs and that REDIS_URL names its host, port and password; unset REDIS_URL to keep the queue in Postgres.', { cause: error })
  } finally {
    redis.disconnect()
  }
}
