import type { Database } from '#db'
import { metrics, type Logger } from '#telemetry'
import { mailBacklog, putOffUnknownKinds, sleepingActors } from './mailbox.ts'

/** Finds mail that is due and unhandled, whatever became of its wake-up: timers that have run out, and all that Redis has lost. */
export interface Sweep {
  /** When the mailbox was last read, ms since the epoch: a worker whose sweep stands still is not alive. */
  lastAt(): number
  stop(): Promise<void>
}

export interface SweepOptions {
  database: Database
  log: Logger
  kinds: readonly string[]
  run(kind: string, ids: readonly string[]): Promise<void>
}

const everyMs = 500
/** Mail younger than this is left to its wake-up. */
const graceMs = 1_000
const most = 500

export function startSweep(options: SweepOptions): Sweep {
  const { database, log } = options
  let isStopping = false
  let lastAt = Date.now()
  let rounds = 0
  let pause: NodeJS.Timeout | undefined
  let wakeUp: (() => void) | undefined

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      wakeUp = resolve
      pause = setTimeout(resolve, ms)
    })

  /** @returns whether there may be more that is due */
  async function sweepOnce(): Promise<boolean> {
    if (rounds % 20 === 0) await housekeep()
    rounds += 1
    const actors = await sleepingActors(database.query, { graceMs, most })
    lastAt = Date.now()
    const byKind = Map.groupBy(actors, ({ kind }) => kind)
    const known = [...byKind].filter(([kind]) => options.kinds.includes(kind))
    const handled = Promise.all(known.map(([kind, rows]) => options.run(kind, rows.map(({ actorId }) => actorId))))
    // A party that hangs must not hold up the mail of the others.
    await Promise.race([handled, rest(1_000)])
    return actors.length >= most / 2
  }

  async function housekeep(): Promise<void> {
    await putOffUnknownKinds(database.query, options.kinds)
    const backlog = await mailBacklog(database.query)
    metrics.mailDue.set(backlog.due)
    metrics.mailOldestSeconds.set(backlog.oldestSeconds)
  }

  async function loop(): Promise<void> {
    while (!isStopping) {
      let hasMore = false
      try {
        hasMore = await sweepOnce()
      } catch (error) {
        log.warn({ err: error }, 'the mailbox could not be swept; trying again')
      }
      if (!isStopping) await rest(hasMore ? 10 : everyMs * (0.75 + Math.random() / 2))
    }
  }

  const done = loop()
  return {
    lastAt: () => lastAt,
    async stop() {
      isStopping = true
      clearTimeout(pause)
      wakeUp?.()
      await done
    },
  }
}
