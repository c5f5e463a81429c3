import { z } from 'zod'
import type { EffectKind, Envelope } from '#actor'
import type { Logger } from '#telemetry'

/** Housekeeping: deletes expired data and dead-letters unreadable messages. Its schedule is a message that sends itself again, due later, so that it runs once however many replicas there are. */

const message = z.object({ type: z.literal('cleanUp') })
type CleanUp = z.infer<typeof message>

const everyMs = 10 * 60_000
/** Pause before the next run when a run has left rows to delete. */
const continueAfterMs = 5_000
const batchSize = 1_000
const batchesMax = 20

export const housekeepingSchedule: Envelope = { kind: 'housekeeping', id: 'shop', message: { type: 'cleanUp' } }

/** Deletes up to `limit` rows. Safe to run from many replicas concurrently. @returns the number of deleted rows */
export type Cleaner = (limit: number) => Promise<number>

export interface HousekeepingOptions {
  log: Logger
  /** Cleaners by the name of the data that they delete. */
  cleaners: Readonly<Record<string, Cleaner>>
}

export function createHousekeeping({ log, cleaners }: HousekeepingOptions): EffectKind<CleanUp> {
  return {
    kind: 'housekeeping',
    version: 1,
    reads: [1],
    message,
    concurrency: 1,
    timeoutMs: 60_000,
    attemptsMax: 1_000_000,
    async run(_, { signal }) {
      let hasMore = false
      for (const [name, clean] of Object.entries(cleaners)) {
        try {
          const cleaned = await cleanBatches(clean, signal)
          if (cleaned.count > 0) log.info({ cleaner: name, count: cleaned.count }, 'deleted expired data')
          hasMore ||= cleaned.hasMore
        } catch (error) {
          // The other cleaners still run.
          log.error({ err: error, cleaner: name }, 'expired data could not be deleted; trying again on schedule')
        }
      }
      return { outbox: [{ ...housekeepingSchedule, delayMs: hasMore ? continueAfterMs : everyMs }] }
    },
  }
}

async function cleanBatches(clean: Cleaner, signal: AbortSignal): Promise<{ count: number; hasMore: boolean }> {
  let count = 0
  for (let batch = 0; batch < batchesMax && !signal.aborted; batch += 1) {
    const deleted = await clean(batchSize)
    count += deleted
    if (deleted < batchSize) return { count, hasMore: false }
  }
  return { count, hasMore: true }
}
