import type pg from 'pg'

/** The circuit breaker of a connection pool, as load shedding sees it. */
export interface PoolCircuitBreaker {
  /** How long the oldest waiting caller has been waiting for a connection, ms; 0 when none waits. */
  waitMs(): number
}

/** No statement was sent, so nothing took effect. */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  /** SQLSTATE "sqlclient_unable_to_establish_sqlconnection". */
  readonly code = '08001'
}

/** Callers that may wait for a connection concurrently; more are rejected. */
const waitingMax = 1_000
/** Consecutive failures that open the breaker. */
const failuresMax = 3
/** Interval of the probes of an open breaker, ms. */
const probeEveryMs = 250

type ConnectCallback = (error: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void

/**
 * Circuit breaker of the pool: replaces `pool.connect`, which every query of the pool goes through. After 3 consecutive
 * failures it rejects callers immediately but for one probe every 250 ms, so that an outage of Postgres costs only the
 * first callers the connection timeout. The first success closes it. An idle connection is always handed out.
 * @param onChange receives the first of consecutive failures, and undefined on the success that ends them
 */
export function guardPool(pool: pg.Pool, onChange: (failure: Error | undefined) => void): PoolCircuitBreaker {
  const connect = pool.connect.bind(pool)
  const waiting = new Set<{ since: number }>()
  let failures = 0
  let probeAt = 0
  let isProbing = false

  function rejectionReason(): string | undefined {
    if (pool.idleCount > 0) return undefined
    if (waiting.size >= waitingMax) return 'too many callers wait for a connection to Postgres'
    if (failures < failuresMax || (!isProbing && performance.now() >= probeAt)) return undefined
    return 'Postgres is unreachable; the circuit breaker is open'
  }

  function acquire(callback: ConnectCallback): void {
    const reason = rejectionReason()
    if (reason !== undefined) return callback(new UnreachableError(reason), undefined, () => undefined)
    const isProbe = failures >= failuresMax && pool.idleCount === 0
    if (isProbe) isProbing = true
    const caller = { since: performance.now() }
    waiting.add(caller)
    connect((error, client, done) => {
      waiting.delete(caller)
      if (isProbe) isProbing = false
      if (error === undefined || error === null) {
        if (failures > 0) onChange(undefined)
        failures = 0
        return callback(undefined, client, done)
      }
      if (failures === 0) onChange(error)
      failures += 1
      probeAt = performance.now() + probeEveryMs
      const message = `no connection to Postgres: ${error.message || error.name}`
      callback(new UnreachableError(message, { cause: error }), undefined, () => undefined)
    })
  }

  function guardedConnect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    if (callback !== undefined) {
      acquire(callback)
      return undefined
    }
    return new Promise((resolve, reject) => {
      // Without an error there is a client.
      acquire((error, client) => (client === undefined ? reject(error ?? new UnreachableError()) : resolve(client)))
    })
  }
  // One function serves both overloads of `connect`.
  pool.connect = guardedConnect as typeof pool.connect

  return {
    waitMs() {
      const [oldest] = waiting
      return oldest === undefined ? 0 : performance.now() - oldest.since
    },
  }
}
