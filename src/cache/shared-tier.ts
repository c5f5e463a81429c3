import { createHash, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { throttledWarning } from '#lib/throttle'
import type { Logger } from '#telemetry'

/** The tier that replicas share, in the cache's own Redis. A failing Redis counts as an empty tier: nothing throws. */
export interface SharedTier {
  read(key: string): Promise<{ body: Buffer; version: number; ageMs: number } | undefined>
  /** Fire and forget: it does not wait for Redis. */
  write(key: string, entry: { body: Buffer; version: number }): void
  delete(key: string): void
  /** Announces to the other replicas that a tag has a new version. */
  announce(): void
  close(): Promise<void>
}

export interface SharedTierOptions {
  url: string
  scope: string
  /** Time to live of an entry, ms. Its age is derived from the time that is left, so that only Redis's clock counts. */
  keepMs: number
  /** Another replica has announced a new version. */
  onAnnounced(): void
  log: Logger
}

/** Largest body that is shared, bytes. */
const sharedMaxBytes = 256 * 1024
/** Largest number of writes under way; further ones are dropped. */
const writesMax = 100
/** Pause after a failed command, ms: no command is sent. */
const pauseMs = 1_000

export function openSharedTier(options: SharedTierOptions): SharedTier {
  const { url, keepMs, log } = options
  const self = randomUUID()
  const prefix = `holdfast:answer:1:${digest(options.scope)}`
  const channel = `${prefix}:changed`
  const report = throttledWarning(log, 'the Redis of the cache does not respond; each replica uses its own cache only')
  let pausedUntil = 0
  let writes = 0

  function connect(): Redis {
    const redis = new Redis(url, {
      connectTimeout: 2_000,
      // A query to Postgres costs less than a longer wait.
      commandTimeout: 100,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
    })
    return redis.on('error', report)
  }

  const redis = connect()
  // A subscribed connection can send no other commands.
  const subscriber = connect()
  subscriber.on('ready', () => void subscriber.subscribe(channel).catch(report))
  subscriber.on('message', (_, from) => {
    if (from !== self) options.onAnnounced()
  })

  const isAvailable = (): boolean => redis.status === 'ready' && performance.now() >= pausedUntil
  function fail(error: Error): void {
    pausedUntil = performance.now() + pauseMs
    report(error)
  }
  const redisKey = (key: string): string => `${prefix}:${digest(key)}`

  function send(command: () => Promise<unknown>): void {
    if (!isAvailable() || writes >= writesMax) return
    writes += 1
    void command()
      .catch(fail)
      .finally(() => (writes -= 1))
  }

  return {
    async read(key) {
      if (!isAvailable()) return undefined
      const name = redisKey(key)
      try {
        const [value, ttlMs] = await Promise.all([redis.getBuffer(name), redis.pttl(name)])
        return value === null || ttlMs <= 0 ? undefined : unpack(value, keepMs - ttlMs)
      } catch (error) {
        fail(error as Error)
        return undefined
      }
    },
    write(key, { body, version }) {
      if (body.length > sharedMaxBytes) return
      send(() => redis.set(redisKey(key), Buffer.concat([Buffer.from(`${version}\n`), body]), 'PX', keepMs))
    },
    delete: (key) => send(() => redis.del(redisKey(key))),
    announce: () => send(() => redis.publish(channel, self)),
    async close() {
      redis.disconnect()
      subscriber.disconnect()
    },
  }
}

/** @returns undefined for a value that this program has not written */
function unpack(value: Buffer, ageMs: number): { body: Buffer; version: number; ageMs: number } | undefined {
  const end = value.indexOf('\n')
  const version = Number(value.toString('latin1', 0, Math.max(0, end)))
  if (end <= 0 || !Number.isSafeInteger(version) || value[end + 1] !== '{'.charCodeAt(0)) return undefined
  const body = Buffer.allocUnsafeSlow(value.length - end - 1)
  value.copy(body, 0, end + 1)
  return { body, version, ageMs }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 32)
