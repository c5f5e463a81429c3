import { createPostgresBackend, Queue, runMigrations, withBackend, Worker, type PgPool, type Processor } from 'bullmq'
import pg from 'pg'
import { onConnection } from '#db'
import type { Logger } from '#telemetry'
import { blockSeconds, requireRedis, producerConnection, consumerConnection, type Link } from './redis.ts'
import { within } from './within.ts'

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

/**
 * Connections for one side: one that listens, and some that ask. A pool of BullMQ's own would leave a connection without
 * a listener while it looks at its tables, and again while it closes: a reset in such a moment would end the process.
 */
function openPool({ databaseUrl }: QueueOptions): pg.Pool & PgPool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    options: `-c search_path=${schema}`,
    max: 3,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
    application_name: 'holdfast-queue',
  })
  pool.on('connect', (client) => client.on('error', () => undefined))
  // BullMQ's own types say less of a notification than pg's.
  return pool as pg.Pool & PgPool
}

interface Closable {
  close(isForced?: boolean): Promise<void>
  disconnect(): Promise<void>
}

/** Closing says good-bye and would wait for ever for a Redis that is away: after a second the connection is cut. */
async function closeSide(
  side: Closable,
  { pool, isForced = false }: { pool: pg.Pool | undefined; isForced?: boolean },
) {
  const closed = side.close(isForced).then(() => true)
  const isClosed = await within(1_000, closed).catch(() => false)
  if (!isClosed) await within(1_000, side.disconnect()).catch(() => undefined)
  if (pool !== undefined) await within(1_000, pool.end()).catch(() => undefined)
}

/** The side that gives wake-ups. A call fails at once while Redis is away instead of waiting for it. */
export function openQueue(kind: string, options: QueueOptions) {
  // Finished jobs are not kept: a wake-up says nothing that Postgres does not know.
  const base = { prefix, defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true } }
  const link: Link = { isOver: false, isPending: false }
  let pool: pg.Pool | undefined
  const queue =
    options.redisUrl === undefined
      ? new onPostgres.Queue<WakeUp>(queueName(kind), { ...base, connection: (pool = openPool(options)) })
      : new Queue<WakeUp>(queueName(kind), { ...base, connection: producerConnection(options.redisUrl, link) })
  queue.getBackend().on('ready', () => (link.isPending = false))
  return {
    queue,
    close() {
      link.isOver = true
      return closeSide(queue, { pool })
    },
  }
}

export interface WorkerOptions extends QueueOptions {
  /** Wake-ups under way at once. */
  concurrency: number
  /** Redis refuses to write: what was asked of it is asked again until it does. */
  refused(error: Error): void
}

/** The side that takes them. */
export function openWorker(kind: string, options: WorkerOptions, process: Processor<WakeUp>) {
  // BullMQ would wait 15 s before it asks again after a lost connection.
  const base = { prefix, concurrency: options.concurrency, runRetryDelay: 1_000 }
  const link: Link = { isOver: false, isPending: false, refused: (error) => options.refused(error) }
  let pool: pg.Pool | undefined
  const worker =
    options.redisUrl === undefined
      ? new onPostgres.Worker<WakeUp>(queueName(kind), process, { ...base, connection: (pool = openPool(options)) })
      : new Worker<WakeUp>(queueName(kind), process, {
          ...base,
          drainDelay: blockSeconds,
          connection: consumerConnection(options.redisUrl, link),
        })
  worker.getBackend().on('ready', () => (link.isPending = false))
  return {
    worker,
    /** Takes no more, from this call on. */
    close({ isHard = false } = {}) {
      link.isOver = true
      // BullMQ's polite way hangs while its connections wait to be reopened, and keeps the process alive.
      return closeSide(worker, { pool, isForced: isHard || link.isPending })
    },
  }
}

/** Brings BullMQ's own tables to its version, where the queue lives in Postgres. Safe to run from many processes at once. */
export async function prepareQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl !== undefined) return
  const config = { connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 }
  await onConnection(config, (client) => runMigrations(client, schema))
}

/** @throws BootError that says what to do when Redis cannot be reached or would evict the queue. */
export async function requireQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl !== undefined) await requireRedis(options.redisUrl)
}
