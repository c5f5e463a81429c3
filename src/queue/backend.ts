import { createPostgresBackend, Queue, runMigrations, withBackend, Worker, type PgPool, type Processor } from 'bullmq'
import pg from 'pg'
import { withConnection } from '#db'
import { settledWithin } from '#lib/deadline'
import type { Logger } from '#telemetry'
import { blockSeconds, requireRedis, producerConnection, consumerConnection, type ConnectionState } from './redis.ts'

/** Backend of the wake-up queue: Redis when `redisUrl` is given, otherwise BullMQ's tables in Postgres. */
export interface QueueOptions {
  redisUrl: string | undefined
  databaseUrl: string
  log: Logger
}

/** Job data of a wake-up: ids of actors that have messages. It never holds the messages themselves. */
export interface WakeUp {
  ids: string[]
}

const schema = 'bullmq'
const prefix = 'holdfast'
const queueName = (kind: string): string => `wake-${kind}`
const onPostgres = withBackend(createPostgresBackend)

/**
 * Pool of one producer or consumer: one connection listens, the others run queries. BullMQ's own pool leaves a
 * connection without an error listener while it inspects its tables and while it closes, so that a reset in such a
 * moment would end the process.
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
  // BullMQ's type of a notification has fewer fields than pg's.
  return pool as pg.Pool & PgPool
}

interface Closable {
  close(isForced?: boolean): Promise<void>
  disconnect(): Promise<void>
}

/** Closes gracefully for up to 1 s, then disconnects: a graceful close never ends while Redis is away. */
async function closeOrDisconnect(
  target: Closable,
  { pool, isForced = false }: { pool: pg.Pool | undefined; isForced?: boolean },
) {
  const isClosed = await settledWithin(1_000, target.close(isForced)).catch(() => false)
  if (!isClosed) await settledWithin(1_000, target.disconnect()).catch(() => undefined)
  if (pool !== undefined) await settledWithin(1_000, pool.end()).catch(() => undefined)
}

export type QueueConnection = ReturnType<typeof openQueue>

/** Opens the producing end of a queue. A call fails immediately while Redis is away. */
export function openQueue(kind: string, options: QueueOptions) {
  // Finished jobs are removed: a wake-up holds nothing that Postgres does not have.
  const shared = { prefix, defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true } }
  const state: ConnectionState = { isClosing: false, isReconnecting: false }
  let pool: pg.Pool | undefined
  const queue =
    options.redisUrl === undefined
      ? new onPostgres.Queue<WakeUp>(queueName(kind), { ...shared, connection: (pool = openPool(options)) })
      : new Queue<WakeUp>(queueName(kind), { ...shared, connection: producerConnection(options.redisUrl, state) })
  queue.getBackend().on('ready', () => (state.isReconnecting = false))
  return {
    queue,
    close() {
      state.isClosing = true
      return closeOrDisconnect(queue, { pool })
    },
  }
}

export interface WorkerOptions extends QueueOptions {
  /** Wake-ups handled concurrently. */
  concurrency: number
  /** Called when Redis rejects a write; the command is repeated until Redis accepts it. */
  onWriteRejected(error: Error): void
}

export type WorkerConnection = ReturnType<typeof openWorker>

/** Opens the consuming end of a queue. */
export function openWorker(kind: string, options: WorkerOptions, process: Processor<WakeUp>) {
  // BullMQ's default pause after a lost connection is 15 s.
  const shared = { prefix, concurrency: options.concurrency, runRetryDelay: 1_000 }
  const state: ConnectionState = {
    isClosing: false,
    isReconnecting: false,
    onWriteRejected: (error) => options.onWriteRejected(error),
  }
  let pool: pg.Pool | undefined
  const worker =
    options.redisUrl === undefined
      ? new onPostgres.Worker<WakeUp>(queueName(kind), process, { ...shared, connection: (pool = openPool(options)) })
      : new Worker<WakeUp>(queueName(kind), process, {
          ...shared,
          drainDelay: blockSeconds,
          connection: consumerConnection(options.redisUrl, state),
        })
  worker.getBackend().on('ready', () => (state.isReconnecting = false))
  return {
    worker,
    /** Consumes nothing more, from this call on. */
    close({ isForced = false } = {}) {
      state.isClosing = true
      // BullMQ's graceful close hangs while its connections wait to be reopened, and keeps the process alive.
      return closeOrDisconnect(worker, { pool, isForced: isForced || state.isReconnecting })
    },
  }
}

/** Migrates BullMQ's own tables where the queue lives in Postgres. Safe to run from many processes concurrently. */
export async function prepareQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl !== undefined) return
  const config = { connectionString: options.databaseUrl, connectionTimeoutMillis: 5_000 }
  await withConnection(config, (client) => runMigrations(client, schema))
}

/** @throws BootError that says what to do when Redis cannot be reached or would evict the queue. */
export async function requireQueue(options: QueueOptions): Promise<void> {
  if (options.redisUrl !== undefined) await requireRedis(options.redisUrl)
}
