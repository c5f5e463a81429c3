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

/** Lost connections of one side: reopened until it closes. */
interface Reconnects {
  areOver: boolean
  isPending: boolean
}

const redisConnection = (url: string, reconnects: Reconnects) => {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  return {
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    db: pathname.length > 1 ? Number(pathname.slice(1)) : 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: 2_000,
    retryStrategy(times: number): number | null {
      reconnects.isPending = true
      return reconnects.areOver ? null : Math.min(2_000, 100 * times)
    },
  }
}

interface Closable {
  close(isForced?: boolean): Promise<void>
  disconnect(): Promise<void>
}

/** Closing says good-bye and would wait for ever for a Redis that is away: after a second the connection is cut. */
async function closeSide(side: Closable, isForced = false): Promise<void> {
  const closed = side.close(isForced).then(() => true)
  const isClosed = await within(1_000, closed).catch(() => false)
  if (!isClosed) await within(1_000, side.disconnect()).catch(() => undefined)
}

/** @throws when it takes longer than this, ms */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** The side that gives wake-ups. A call fails at once while Redis is away instead of waiting for it. */
export function openQueue(kind: string, options: QueueOptions) {
  // Finished jobs are not kept: a wake-up says nothing that Postgres does not know.
  const base = { prefix, defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true } }
  const reconnects = { areOver: false, isPending: false }
  const queue =
    options.redisUrl === undefined
      ? new onPostgres.Queue<WakeUp>(queueName(kind), { ...base, connection: postgresConnection(options) })
      : new Queue<WakeUp>(queueName(kind), {
          ...base,
          connection: {
            ...redisConnection(options.redisUrl, reconnects),
            enableOfflineQueue: false,
            maxRetriesPerRequest: 1,
            commandTimeout: 2_000,
          },
        })
  return {
    queue,
    close() {
      reconnects.areOver = true
      return closeSide(queue)
    },
  }
}

/** The side that takes them. `close` is for when its jobs have ended. */
export function openWorker(kind: string, options: QueueOptions & { concurrency: number }, process: Processor<WakeUp>) {
  const base = { prefix, concurrency: options.concurrency }
  const reconnects = { areOver: false, isPending: false }
  const worker =
    options.redisUrl === undefined
      ? new onPostgres.Worker<WakeUp>(queueName(kind), process, { ...base, connection: postgresConnection(options) })
      : new Worker<WakeUp>(queueName(kind), process, {
          ...base,
          connection: { ...redisConnection(options.redisUrl, reconnects), maxRetriesPerRequest: null },
        })
  worker.on('ready', () => (reconnects.isPending = false))
  return {
    worker,
    close() {
      reconnects.areOver = true
      // BullMQ's polite way hangs while its connections wait to be reopened, and keeps the process alive.
      return closeSide(worker, reconnects.isPending)
    },
  }
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
  const redis = new Redis({
    ...redisConnection(options.redisUrl, { areOver: true, isPending: false }),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', () => undefined)
  try {
    // One that takes the connection and never answers must not hold up the boot.
    const memory = await within(
      5_000,
      redis.connect().then(() => redis.info('memory')),
    )
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction') {
      throw new BootError(
        `Redis evicts keys when it is full (maxmemory-policy ${policy}), and would lose the queue. Set maxmemory-policy to noeviction; the cache belongs in a Redis of its own.`,
      )
    }
  } catch (error) {
    if (error instanceof BootError) throw error
    throw new BootError(
      'Redis cannot be reached. Check that it runs and that REDIS_URL names its host, port and password; unset REDIS_URL to keep the queue in Postgres.',
      { cause: error },
    )
  } finally {
    redis.disconnect()
  }
}
