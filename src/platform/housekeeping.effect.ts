import { z } from 'zod'
import type { EffectKind, Envelope } from '#actor'
import type { Logger } from '#telemetry'

/** Deletes what is kept no longer, and parks what nobody can read. A schedule is mail that sends itself, due later: it runs once however many replicas there are. */

const message = z.object({ type: z.literal('cleanUp') })
type CleanUp = z.infer<typeof message>

const everyMs = 10 * 60_000
/** Until it goes on with what it left, when there was more than one run deletes. */
const soonMs = 5_000
const atATime = 1_000
const batchesMax = 20

export const housekeepingSchedule: Envelope = { kind: 'housekeeping', id: 'shop', message: { type: 'cleanUp' } }

/** Clears away at most `most`. Safe from any number of replicas at once. @returns how much */
export type Cleaner = (most: number) => Promise<number>

export interface HousekeepingOptions {
  log: Logger
  /** By what they clear away. */
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
      for (const [what, clean] of Object.entries(cleaners)) {
        try {
          const cleaned = await cleanWith(clean, signal)
          if (cleaned.count > 0) log.info({ what, count: cleaned.count }, 'cleaned up')
          hasMore ||= cleaned.hasMore
        } catch (error) {
          // The others have their turn all the same.
          log.error({ err: error, what }, 'could not be cleaned up; trying again on schedule')
        }
      }
      return { outbox: [{ ...housekeepingSchedule, delayMs: hasMore ? soonMs : everyMs }] }
    },
  }
}

async function cleanWith(clean: Cleaner, signal: AbortSignal): Promise<{ count: number; hasMore: boolean }> {
  let count = 0
  for (let batch = 0; batch < batchesMax && !signal.aborted; batch += 1) {
    const deleted = await clean(atATime)
    count += deleted
    if (deleted < atATime) return { count, hasMore: false }
  }
  return { count, hasMore: true }
}
