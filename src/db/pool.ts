import type { Socket } from 'node:net'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { BootError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { isConnectionLost, isTransactionAborted } from './failures.ts'
import { guardPool } from './circuit-breaker.ts'

// Counts and money are far below 2^53; a value beyond it must fail loudly rather than be rounded.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('bigint beyond 2^53')
  return value
})

/** What runs SQL: the pool itself, or a transaction. Stores take it as their first parameter. */
export type Queryable = NodePgDatabase & { readonly $client: StatementRunner }

interface StatementRunner {
  query<Row extends pg.QueryResultRow>(statement: {
    name: string
    text: string
    values: unknown[]
  }): Promise<pg.QueryResult<Row>>
}

/** Postgres as this process sees it. */
export interface Database {
  /** For single statements outside a transaction. */
  readonly query: Queryable
  readonly pool: pg.Pool
  /** How long the one who has waited longest for a connection has been waiting, ms. */
  waitMs(): number
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** For maintenance: a standby will do, and Postgres itself refuses whatever would write. */
  isReadOnly?: boolean
  log: Logger
}

/** Time-outs of every session, ms: a frozen or slow holder of hot rows must not outlast those who wait for them. */
const sessionTimeouts = {
  statement_timeout: 5_000,
  lock_timeout: 1_000,
  idle_in_transaction_session_timeout: 1_000,
  transaction_timeout: 3_000,
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    // What is open stays open: a caller after a quiet moment must not wait for a new one.
    min: options.poolSize,
    connectionTimeoutMillis: 2_000,
    query_timeout: 6_000,
    keepAlive: true,
    // A turn sends what does not depend on each other at once, instead of waiting for each answer.
    pipeline: true,
    maxLifetimeSeconds: 300,
    application_name: 'holdfast',
    options: Object.entries({
      ...sessionTimeouts,
      ...(options.isReadOnly === true && { default_transaction_read_only: 'on' }),
    })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    ...(options.isReadOnly !== true && { verify: refuseStandby }),
  })
  const gate = guardPool(pool, (failure) => {
    if (failure === undefined) options.log.info('Postgres gives connections again')
    else options.log.warn({ err: failure }, 'Postgres gives no connection')
  })
  pool.on('connect', (client) => {
    sendInOneGo(client)
    // The pool and whoever takes a connection listen in turn, with a gap: an answer and the news of the connection's end
    // may come in one packet. It must not end the process; who uses that connection next finds it broken.
    client.on('error', () => undefined)
  })
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle connection to Postgres was lost'))
  const gauge = setInterval(() => {
    metrics.poolWaiting.set(pool.waitingCount)
    metrics.poolUsed.set(pool.totalCount - pool.idleCount)
  }, 1_000).unref()
  return {
    query: drizzle({ client: pool }),
    pool,
    waitMs: gate.waitMs,
    async close() {
      clearInterval(gauge)
      await pool.end()
    },
  }
}

/** Statements that are sent at one moment leave in one system call, which costs as much as many of them do. */
function sendInOneGo(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const query = client.query as (...args: unknown[]) => unknown
  let isHeld = false
  client.query = ((...args: unknown[]) => {
    if (!isHeld) {
      isHeld = true
      stream.cork()
      process.nextTick(() => {
        isHeld = false
        stream.uncork()
      })
    }
    return query.apply(client, args)
  }) as typeof client.query
}

/** After a fail-over the old primary may come back read-only: such a connection must not enter the pool. */
function refuseStandby(client: pg.PoolClient, done: (error?: Error) => void): void {
  client.query('show transaction_read_only').then(
    (result) => {
      const isReadOnly =
        (result.rows[0] as { transaction_read_only?: string } | undefined)?.transaction_read_only === 'on'
      done(
        isReadOnly
          ? new Error('Postgres answers read-only: a standby, or a primary that is being replaced')
          : undefined,
      )
    },
    (error: unknown) => done(error instanceof Error ? error : new Error('Postgres did not answer', { cause: error })),
  )
}

/**
 * Runs `work` in one READ COMMITTED transaction on one connection and commits it.
 * @throws what `work` throws, after a rollback; {@link CommitUnknownError} when the connection died during COMMIT.
 */
export async function transaction<T>(database: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await database.pool.connect()
  let broken: Error | undefined
  const noteLoss = (error: Error) => {
    broken = error
  }
  client.on('error', noteLoss)
  try {
    await client.query('begin')
    const result = await work(drizzle({ client }))
    await commit(client)
    return result
  } catch (error) {
    if (error instanceof CommitUnknownError || isConnectionLost(error)) broken = error as Error
    else await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.off('error', noteLoss)
    client.release(broken ?? false)
  }
}

/**
 * The answers to statements of one transaction that were sent together, in order. After one fails Postgres refuses the
 * rest: what is thrown is the failure, not the refusals.
 */
export async function pipelined<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [At in keyof Work]: Awaited<Work[At]> }> {
  const settled = await Promise.allSettled(work)
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (failures.length > 0) throw failures.find((failure) => !isTransactionAborted(failure)) ?? failures[0]
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as never
}

/** The connection was lost while COMMIT was under way: the transaction has either taken effect or not. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError'
}

async function commit(client: pg.PoolClient): Promise<void> {
  // Cancelling the wait for a synchronous standby "succeeds" with a warning: the commit may be lost in a fail-over.
  let isUnacknowledged = false
  const noteWarning = (notice: { severity?: string | undefined }) => {
    if (notice.severity === 'WARNING') isUnacknowledged = true
  }
  client.on('notice', noteWarning)
  const result = await client
    .query('commit')
    .catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && !isConnectionLost(error)) throw error
      throw new CommitUnknownError('COMMIT was sent but its reply was lost', { cause: error })
    })
    .finally(() => client.off('notice', noteWarning))
  if (isUnacknowledged) throw new CommitUnknownError('COMMIT returned with a warning: not acknowledged by the standby')
  if (result.command !== 'COMMIT') throw new Error('the transaction had failed before COMMIT and was rolled back')
}

/** Opens every connection that this process may hold, so that the first callers wait for none. Never throws: they will. */
export async function warmUp({ pool }: Database): Promise<void> {
  const opened = await Promise.allSettled(Array.from({ length: pool.options.max }, () => pool.connect()))
  for (const one of opened) if (one.status === 'fulfilled') one.value.release()
}

/** @throws BootError that says what to do when Postgres cannot be reached or is too old. */
export async function requireDatabase(database: Database): Promise<void> {
  const version = await database.pool.query('show server_version_num').then(
    (result) => Number((result.rows[0] as { server_version_num: string }).server_version_num),
    (error: unknown) => {
      const cause = error instanceof Error ? (error.cause ?? error) : error
      const reason = cause instanceof Error ? cause.message || cause.name : 'unknown'
      throw new BootError(
        `Postgres cannot be reached: ${reason}.\nCheck that it runs and that DATABASE_URL names its host, port, user, password and database; unset DATABASE_URL to use the embedded one.`,
        { cause: error },
      )
    },
  )
  if (version < 170_000)
    throw new BootError(`Postgres ${Math.floor(version / 10_000)} is too old: Holdfast needs version 17 or later.`)
}
