import { Redis } from 'ioredis'
import { BootError } from '#errors'
import { rejectAfter } from '#lib/deadline'

/** Connections to Redis, and their behaviour while Redis is stopped, hangs, fails over or rejects writes. */

/** State shared by the connections of one producer or consumer. */
export interface ConnectionState {
  /** Lost connections are not reopened any more. */
  isClosing: boolean
  /** A connection is lost and waits to be reopened. */
  isReconnecting: boolean
  /** Called for each command that a Redis without writes rejects. */
  onWriteRejected?(error: Error): void
}

/** Errors of a Redis that rejects every write: a demoted primary, a full disk, a revoked permission. `OOM` stops producers only. */
const writeRejections = /^(READONLY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|BUSY|NOAUTH|NOPERM)\b/

/** Options of both ends. A connection without any reply for `socketTimeoutMs` is closed and reopened. */
function connection(url: string, state: ConnectionState, socketTimeoutMs: number) {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  return {
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    db: pathname.length > 1 ? Number(pathname.slice(1)) : 0,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: 2_000,
    socketTimeout: socketTimeoutMs,
    retryStrategy(times: number): number | null {
      state.isReconnecting = true
      return state.isClosing ? null : Math.min(2_000, 150 * times) * (0.75 + Math.random() / 2)
    },
  }
}

/** Options of a producer: a call fails immediately while Redis is away, and after 2 s when it hangs. */
export const producerConnection = (url: string, state: ConnectionState) => ({
  ...connection(url, state, 3_000),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  reconnectOnError(error: Error): 1 | false {
    if (!reportWriteRejection(error, state) || state.isReconnecting) return false
    // Of many commands rejected at the same moment only the first reconnects.
    state.isReconnecting = true
    return 1
  },
})

/** Longest blocking read of a consumer, s. A shorter read finds a silently dead connection sooner. */
export const blockSeconds = 2

/**
 * Options of a consumer: a call waits until Redis is back. A rejected command is repeated on a new connection, which
 * reaches the current primary; BullMQ would repeat it without a pause, thousands of times a second.
 */
export const consumerConnection = (url: string, state: ConnectionState) => ({
  ...connection(url, state, blockSeconds * 1_000 + 3_000),
  maxRetriesPerRequest: null,
  reconnectOnError: (error: Error): 2 | false => reportWriteRejection(error, state) && 2,
})

/** @returns whether the error is a write rejection, which is then reported */
function reportWriteRejection(error: Error, state: ConnectionState): boolean {
  const isRejection = writeRejections.test(error.message)
  if (isRejection) state.onWriteRejected?.(error)
  return isRejection
}

/** @throws BootError that says what to do when Redis cannot be reached or would evict the queue. */
export async function requireRedis(url: string): Promise<void> {
  const redis = new Redis({
    ...producerConnection(url, { isClosing: true, isReconnecting: false }),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', () => undefined)
  try {
    // A server that accepts the connection and never replies must not hold up the boot.
    const memory = await rejectAfter(
      5_000,
      redis.connect().then(() => redis.info('memory')),
    )
    const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction') {
      throw new BootError(
        `Redis evicts keys when it is full (maxmemory-policy ${policy}), which would lose queued wake-ups. Set maxmemory-policy to noeviction, and give the cache a Redis of its own (CACHE_REDIS_URL).`,
      )
    }
  } catch (error) {
    if (error instanceof BootError) throw error
    throw new BootError(
      'Redis cannot be reached. Check that it runs and that REDIS_URL names its host, port and password, or unset REDIS_URL to keep the queue in Postgres.',
      { cause: error },
    )
  } finally {
    redis.disconnect()
  }
}
