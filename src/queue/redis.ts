import { Redis } from 'ioredis'
import { BootError } from '#errors'
import { within } from './within.ts'

/** Connections to Redis, and what they do when it is stopped, stands still, was replaced, or refuses. */

/** The connections of one side: reopened until it closes. */
export interface Link {
  isOver: boolean
  /** Waits to be reopened. */
  isPending: boolean
  /** Told whenever Redis refuses to write. */
  refused?(error: Error): void
}

/** A Redis that refuses every write: a replica that was the primary, a full disk, a lost right. Not `OOM`, which refuses senders alone. */
const refusesWrites = /^(READONLY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|BUSY|NOAUTH|NOPERM)\b/

/** For both sides. A connection that Redis leaves without any answer for `socketTimeoutMs` is cut and opened anew. */
function connection(url: string, link: Link, socketTimeoutMs: number) {
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
      link.isPending = true
      return link.isOver ? null : Math.min(2_000, 150 * times) * (0.75 + Math.random() / 2)
    },
  }
}

/** Of senders: a call fails at once while Redis is away, and after a moment when it stands still. */
export const producerConnection = (url: string, link: Link) => ({
  ...connection(url, link, 3_000),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 2_000,
  reconnectOnError(error: Error): 1 | false {
    if (!refuse(error, link) || link.isPending) return false
    // Of many that are refused at once the first cuts the connection.
    link.isPending = true
    return 1
  },
})

/** How long a taker blocks for a job. The shorter, the sooner a connection that has died silently is found out. */
export const blockSeconds = 2

/**
 * Of takers: a call waits until Redis is back. One that was refused is sent again on a new connection, which finds the
 * primary of this moment; BullMQ would ask again at once, thousands of times a second.
 */
export const consumerConnection = (url: string, link: Link) => ({
  ...connection(url, link, blockSeconds * 1_000 + 3_000),
  maxRetriesPerRequest: null,
  reconnectOnError: (error: Error): 2 | false => refuse(error, link) && 2,
})

function refuse(error: Error, link: Link): boolean {
  const isRefused = refusesWrites.test(error.message)
  if (isRefused) link.refused?.(error)
  return isRefused
}

/** @throws BootError that says what to do when Redis cannot be reached or would evict the queue. */
export async function requireRedis(url: string): Promise<void> {
  const redis = new Redis({
    ...producerConnection(url, { isOver: true, isPending: false }),
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
