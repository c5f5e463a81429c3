import { createHash, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Logger } from '#telemetry'

/** Answers that the replicas share, in the cache's own Redis. Whatever is wrong with it, it is as if it were empty. */
export interface SharedTier {
  read(key: string): Promise<{ body: Buffer; version: number; ageMs: number } | undefined>
  /** Never throws, never waits. */
  write(key: string, answer: { body: Buffer; version: number }): void
  forget(key: string): void
  /** Tells the other replicas that something has changed. */
  announce(): void
  close(): Promise<void>
}

export interface SharedTierOptions {
  url: string
  scope: string
  /** How long an answer is kept, ms. Its age is told from what is left of it, by Redis's clock alone. */
  keepMs: number
  /** Another replica says that something has changed. */
  onAnnounced(): void
  log: Logger
}

/** Longer answers are not shared, bytes. */
const sharedMax = 256 * 1024
/** Writes under way; beyond it answers are not shared. */
const writesMax = 100
/** After it has failed to answer it is left alone so long, ms. */
const restMs = 1_000

export function openSharedTier(options: SharedTierOptions): SharedTier {
  const { url, keepMs, log } = options
  const self = randomUUID()
  const prefix = `holdfast:answer:1:${digest(options.scope)}`
  const channel = `${prefix}:changed`
  const report = oncePer10s((error) => log.warn({ err: error }, 'the cache has no Redis; every replica is on its own'))
  let restUntil = 0
  let writes = 0

  function connect(): Redis {
    const redis = new Redis(url, {
      connectTimeout: 2_000,
      // Asking Postgres costs less than waiting.
      commandTimeout: 100,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
    })
    return redis.on('error', report)
  }

  const redis = connect()
  // A connection that listens can do nothing else.
  const listener = connect()
  listener.on('ready', () => void listener.subscribe(channel).catch(report))
  listener.on('message', (_, from) => {
    if (from !== self) options.onAnnounced()
  })

  const isThere = (): boolean => redis.status === 'ready' && performance.now() >= restUntil
  function fail(error: Error): void {
    restUntil = performance.now() + restMs
    report(error)
  }
  const nameOf = (key: string): string => `${prefix}:${digest(key)}`

  function send(command: () => Promise<unknown>): void {
    if (!isThere() || writes >= writesMax) return
    writes += 1
    void command()
      .catch(fail)
      .finally(() => (writes -= 1))
  }

  return {
    async read(key) {
      if (!isThere()) return undefined
      const name = nameOf(key)
      try {
        const [value, leftMs] = await Promise.all([redis.getBuffer(name), redis.pttl(name)])
        return value === null || leftMs <= 0 ? undefined : unpack(value, keepMs - leftMs)
      } catch (error) {
        fail(error as Error)
        return undefined
      }
    },
    write(key, { body, version }) {
      if (body.length > sharedMax) return
      send(() => redis.set(nameOf(key), Buffer.concat([Buffer.from(`${version}\n`), body]), 'PX', keepMs))
    },
    forget: (key) => send(() => redis.del(nameOf(key))),
    announce: () => send(() => redis.publish(channel, self)),
    async close() {
      redis.disconnect()
      listener.disconnect()
    },
  }
}

/** Something else may lie under our name: that is no answer. */
function unpack(value: Buffer, ageMs: number): { body: Buffer; version: number; ageMs: number } | undefined {
  const end = value.indexOf('\n')
  const version = Number(value.toString('latin1', 0, Math.max(0, end)))
  if (end <= 0 || !Number.isSafeInteger(version) || value[end + 1] !== '{'.charCodeAt(0)) return undefined
  const body = Buffer.allocUnsafeSlow(value.length - end - 1)
  value.copy(body, 0, end + 1)
  return { body, version, ageMs }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 32)

function oncePer10s(report: (error: Error) => void): (error: Error) => void {
  let silentUntil = 0
  return (error) => {
    if (performance.now() < silentUntil) return
    silentUntil = performance.now() + 10_000
    report(error)
  }
}
