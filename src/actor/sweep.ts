import { setTimeout } from 'node:timers/promises'
import type { Database } from '#db'
import type { Logger } from '#telemetry'
import { overdueActors, type Readable } from './mailbox.ts'

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
  const stopping = new AbortController()
  const { signal } = stopping
  let lastAt = Date.now()

  /** Not any longer once it is told to stop. */
  const rest = (ms: number): Promise<unknown> => setTimeout(ms, undefined, { signal }).catch(() => undefined)

  /** @returns whether there may be more that is due */
  async function sweepOnce(): Promise<boolean> {
    const actors = await overdueActors(database, kinds, { graceMs, most })
    lastAt = Date.now()
    const byKind = [...Map.groupBy(actors, ({ kind }) => kind)]
    const handled = byKind.map(([kind, rows]) =>
      run(
        kind,
        rows.map(({ actorId }) => actorId),
      ),
    )
    // A party that hangs must not hold up the mail of the others.
    if (handled.length > 0) await Promise.race([Promise.all(handled), rest(1_000)])
    return byKind.some(([, rows]) => rows.length >= most)
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const hasMore = await sweepOnce().catch((error: unknown) => {
        log.warn({ err: error }, 'the mailbox could not be swept; trying again')
        return false
      })
      await rest(hasMore ? 50 : everyMs * (0.75 + Math.random() / 2))
    }
  }

  const done = loop()
  return {
    lastAt: () => lastAt,
    async stop() {
      stopping.abort()
      await done
    },
  }
}
