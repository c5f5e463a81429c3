import type pg from 'pg'

/** Who may wait for a connection: an outage of Postgres must cost its first callers two seconds, not each of a thousand. */
export interface PoolCircuitBreaker {
  /** How long the one who has waited longest has been waiting, ms; 0 when nobody waits. */
  waitMs(): number
}

/** Nothing was sent, so nothing took effect. Its code is SQLSTATE's "unable to establish a connection". */
class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = '08001'
}

/** Callers that wait for a connection at once; beyond it they are refused. */
const waitingMax = 1_000
/** Failures in a row after which callers are refused at once. */
const failuresMax = 3
/** How often one caller is let through to see whether Postgres is back, ms. */
const probeEveryMs = 250

type Taken = (error: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void

/**
 * Stands before `pool.connect`, and so before all that the pool does. After a few failures in a row nobody waits any
 * more but one who tries, four times a second; the first success opens it again. Idle connections are always given out.
 * @param onChange is told the first failure in a row, and (with undefined) the success that ends it
 */
export function guardPool(pool: pg.Pool, onChange: (failure: Error | undefined) => void): PoolCircuitBreaker {
  const connect = pool.connect.bind(pool)
  const waiting = new Set<{ since: number }>()
  let failures = 0
  let probeAt = 0
  let isProbing = false

  function refusal(): string | undefined {
    if (pool.idleCount > 0) return undefined
    if (waiting.size >= waitingMax) return 'too many wait for a connection to Postgres'
    if (failures < failuresMax || (!isProbing && performance.now() >= probeAt)) return undefined
    return 'Postgres is away'
  }

  function take(taken: Taken): void {
    const reason = refusal()
    if (reason !== undefined) return taken(new UnreachableError(reason), undefined, () => undefined)
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
        return taken(undefined, client, done)
      }
      if (failures === 0) onChange(error)
      failures += 1
      probeAt = performance.now() + probeEveryMs
      const told = `no connection to Postgres: ${error.message || error.name}`
      taken(new UnreachableError(told, { cause: error }), undefined, () => undefined)
    })
  }

  function gated(taken?: Taken): Promise<pg.PoolClient> | undefined {
    if (taken !== undefined) {
      take(taken)
      return undefined
    }
    return new Promise((resolve, reject) => {
      // Without an error there is a client.
      take((error, client) => (client === undefined ? reject(error ?? new UnreachableError()) : resolve(client)))
    })
  }
  // Both of its overloads, in one function.
  pool.connect = gated as typeof pool.connect

  return {
    waitMs() {
      const [oldest] = waiting
      return oldest === undefined ? 0 : performance.now() - oldest.since
    },
  }
}
