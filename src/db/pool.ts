import type { Socket } from 'node:net'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { BootError } from '#errors'
import { metrics, type Logger } from '#telemetry'
import { isConnectionLost, isTransactionAborted } from './failures.ts'
import { guardPool } from './circuit-breaker.ts'
import { withConnection } from './connection.ts'

// Counts and money are far below 2^53. A greater value is an error, never rounded.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('bigint beyond 2^53')
  return value
})

/** Runs SQL: on the pool, or in a transaction. The first parameter of every store function. */
export type Queryable = NodePgDatabase & { readonly $client: StatementRunner }

interface StatementRunner {
  query<Row extends pg.QueryResultRow>(statement: {
    name: string
    text: string
    values: unknown[]
  }): Promise<pg.QueryResult<Row>>
}

/** The connection pool of this process, behind its circuit breaker. */
export interface Database {
  /** For single statements outside a transaction. */
  readonly query: Queryable
  readonly pool: pg.Pool
  /** How long the oldest waiting caller has been waiting for a connection, ms; 0 when none waits. */
  waitMs(): number
  close(): Promise<void>
}

export interface DatabaseOptions {
  url: string
  poolSize: number
  /** Maintenance mode: accepts a standby, and Postgres rejects every write. */
  isReadOnly?: boolean
  log: Logger
}

/**
 * Timeouts of every session, ms. They bound how long a frozen or slow transaction holds row locks that others wait for.
 */
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
    // Open connections are kept: the first caller after an idle period must not wait for a new one.
    min: options.poolSize,
    connectionTimeoutMillis: 2_000,
    query_timeout: 6_000,
    keepAlive: true,
    // Pipeline mode: statements of a turn that do not depend on each other are sent without waiting for results.
    pipeline: true,
    maxLifetimeSeconds: 300,
    application_name: 'holdfast',
    options: Object.entries({
      ...sessionTimeouts,
      ...(options.isReadOnly === true && { default_transaction_read_only: 'on' }),
    })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    ...(options.isReadOnly !== true && { verify: rejectReadOnly }),
  })
  const breaker = guardPool(pool, (failure) => {
    if (failure === undefined) options.log.info('Postgres accepts connections again')
    else options.log.warn({ err: failure }, 'no connection to Postgres could be opened')
  })
  pool.on('connect', (client) => {
    corkStatements(client)
    // The pool and a borrower listen for errors in turn, with a gap in which the connection may be lost: an unhandled
    // error event would end the process. The next query on the connection reports the loss.
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
    waitMs: breaker.waitMs,
    async close() {
      clearInterval(gauge)
      await pool.end()
    },
  }
}

/**
 * Corks the socket until the next tick: the statements of one tick leave in one write, since each write is a system
 * call.
 */
function corkStatements(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const query = client.query as (...args: unknown[]) => unknown
  let isCorked = false
  client.query = ((...args: unknown[]) => {
    if (!isCorked) {
      isCorked = true
      stream.cork()
      process.nextTick(() => {
        isCorked = false
        stream.uncork()
      })
    }
    return query.apply(client, args)
  }) as typeof client.query
}

/** Keeps connections to a read-only server out of the pool: after a fail-over the old primary may come back as one. */
function rejectReadOnly(client: pg.PoolClient, done: (error?: Error) => void): void {
  client.query('show transaction_read_only').then(
    (result) => {
      const isReadOnly =
        (result.rows[0] as { transaction_read_only?: string } | undefined)?.transaction_read_only === 'on'
      done(isReadOnly ? new Error('Postgres is read-only: a standby, or a primary that is being replaced') : undefined)
    },
    (error: unknown) =>
      done(
        error instanceof Error
          ? error
          : new Error('the server check of a new Postgres connection failed', { cause: error }),
      ),
  )
}

/**
 * Runs `work` in one READ COMMITTED transaction on one connection and commits it.
 * @throws the error of `work`, after a rollback; {@link CommitUnknownError} when the connection was lost during COMMIT
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
 * Pipeline mode: the results, in order, of statements that one transaction has sent without waiting for each other.
 * @throws the first failure, not the rejections of the statements behind it ("transaction is aborted")
 */
export async function pipelined<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [At in keyof Work]: Awaited<Work[At]> }> {
  const settled = await Promise.allSettled(work)
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  if (failures.length > 0) throw failures.find((failure) => !isTransactionAborted(failure)) ?? failures[0]
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as never
}

/** The connection was lost during COMMIT: whether the transaction took effect is unknown. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError'
}

async function commit(client: pg.PoolClient): Promise<void> {
  // A cancelled wait for a synchronous standby succeeds with a warning: the commit may be lost in a fail-over.
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

/**
 * Opens all connections of the pool, so that the first callers wait for none. Never throws: their own calls report it.
 */
export async function warmUp({ pool }: Database): Promise<void> {
  const opened = await Promise.allSettled(Array.from({ length: pool.options.max }, () => pool.connect()))
  for (const one of opened) if (one.status === 'fulfilled') one.value.release()
}

/** Longest wait for Postgres at the start, ms: a busy machine answers late, and nobody waits for this server yet. */
const startTimeoutMs = 15_000

/** @throws BootError that says what to do, when Postgres cannot be reached or is older than version 17 */
export async function requireDatabase({ pool }: Database): Promise<void> {
  const { connectionString = '' } = pool.options
  const version = await withConnection({ connectionString, connectionTimeoutMillis: startTimeoutMs }, (client) =>
    client.query<{ server_version_num: string }>('show server_version_num'),
  ).then(
    ({ rows }) => Number(rows[0]?.server_version_num),
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
