import type { Database } from '#db'
import { metrics, type Logger } from '#telemetry'
import { mailBacklog, parkUnreadable, sleepingActors, type Readable } from './mailbox.ts'

/** Finds mail that is due and unhandled, whatever became of its wake-up: timers that have run out, and all that Redis has lost. */
export interface Sweep {
  /** When the mailbox was last read, ms since the epoch: a worker whose sweep stands still is not alive. */
  lastAt(): number
  stop(): Promise<void>
}

export interface SweepOptions {
  database: Database
  log: Logger
  kinds: Readable
  /** Resolves when these have no more to handle now; never rejects. */
  run(kind: string, ids: readonly string[]): Promise<void>
}

const everyMs = 500
/** Mail younger than this is left to its wake-up. */
const graceMs = 1_000
/** Actors of one kind taken up in one round. */
const most = 250

export function startSweep({ database, log, kinds, run }: SweepOptions): Sweep {
  let isStopping = false
  let lastAt = Date.now()
  const stopped = Promise.withResolvers<void>()

  /** Rests, but not longer than `until` takes, nor once it is told to stop. */
  async function rest(ms: number, until?: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
    await Promise.race([over, stopped.promise, ...(until === undefined ? [] : [until])])
    clearTimeout(timer)
  }

  /** @returns whether there may be more that is due */
  async function sweepOnce(): Promise<boolean> {
    const actors = await sleepingActors(database, kinds, { graceMs, most })
    lastAt = Date.now()
    const byKind = [...Map.groupBy(actors, ({ kind }) => kind)]
    const handled = Promise.all(
      byKind.map(([kind, rows]) =>
        run(
          kind,
          rows.map(({ actorId }) => actorId),
        ),
      ),
    )
    // A party that hangs must not hold up the mail of the others.
    await rest(1_000, handled)
    return byKind.some(([, rows]) => rows.length >= most)
  }

  async function housekeep(): Promise<void> {
    const parked = await parkUnreadable(database.query, kinds)
    if (parked > 0) log.error({ parked }, 'parked mail of a kind or version that nobody has known for a day')
    const backlog = await mailBacklog(database.query)
    metrics.mailDue.set(backlog.due)
    metrics.mailOldestSeconds.set(backlog.oldestSeconds)
  }

  async function loop(): Promise<void> {
    for (let round = 0; !isStopping; round += 1) {
      let hasMore = false
      try {
        if (round % 20 === 0) await housekeep()
        hasMore = await sweepOnce()
      } catch (error) {
        log.warn({ err: error }, 'the mailbox could not be swept; trying again')
      }
      await rest(hasMore ? 50 : everyMs * (0.75 + Math.random() / 2))
    }
  }

  const done = loop()
  return {
    lastAt: () => lastAt,
    async stop() {
      isStopping = true
      stopped.resolve()
      await done
    },
  }
}
