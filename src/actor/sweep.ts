import { setTimeout } from 'node:timers/promises'
import type { Database } from '#db'
import type { Logger } from '#telemetry'
import { overdueActors, type Readable } from './mailbox.ts'

/** Delivers messages that are due and unhandled, whatever became of their wake-up: expired timers, and all that Redis has lost. */
export interface Sweep {
  /** When the mailbox was last read, ms since the epoch. A worker whose sweep makes no progress is not alive. */
  lastAt(): number
  stop(): Promise<void>
}

export interface SweepOptions {
  database: Database
  log: Logger
  kinds: Readable
  /** Resolves when these actors have nothing more to handle now; never rejects. */
  run(kind: string, ids: readonly string[]): Promise<void>
}

const everyMs = 500
/** A message younger than this is left to its wake-up, ms. */
const graceMs = 1_000
/** Actors of one kind in one round. */
const limit = 250

export function startSweep({ database, log, kinds, run }: SweepOptions): Sweep {
  const stopping = new AbortController()
  const { signal } = stopping
  let lastAt = Date.now()

  /** Ends early when the sweep stops. */
  const pause = (ms: number): Promise<unknown> => setTimeout(ms, undefined, { signal }).catch(() => undefined)

  /** @returns whether more messages may be due */
  async function sweepOnce(): Promise<boolean> {
    const actors = await overdueActors(database, kinds, { graceMs, limit })
    lastAt = Date.now()
    const byKind = [...Map.groupBy(actors, ({ kind }) => kind)]
    const handled = byKind.map(([kind, rows]) =>
      run(
        kind,
        rows.map(({ actorId }) => actorId),
      ),
    )
    // An external service that hangs must not hold up the messages of other kinds.
    if (handled.length > 0) await Promise.race([Promise.all(handled), pause(1_000)])
    return byKind.some(([, rows]) => rows.length >= limit)
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const hasMore = await sweepOnce().catch((error: unknown) => {
        log.warn({ err: error }, 'the mailbox could not be swept; trying again')
        return false
      })
      await pause(hasMore ? 50 : everyMs * (0.75 + Math.random() / 2))
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
