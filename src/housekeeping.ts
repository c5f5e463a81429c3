import { sql } from 'drizzle-orm'
import { z } from 'zod'
import { deleteExpiredKeys, type EffectKind, type Mail } from '#actor'
import type { Database } from '#db'
import type { Logger } from '#telemetry'

/** Deletes what is kept no longer. A schedule is mail that sends itself, due later: it runs once however many replicas there are. */

const message = z.object({ type: z.literal('cleanUp') })
type CleanUp = z.infer<typeof message>

const everyMs = 10 * 60_000
const keysAtATime = 5_000

export const housekeepingMail = (dueAt?: Date): Mail => ({
  kind: 'housekeeping',
  id: 'shop',
  message: { type: 'cleanUp' },
  ...(dueAt === undefined ? {} : { dueAt }),
})

export interface HousekeepingOptions {
  database: Database
  log: Logger
  /** What the modules delete, some at a time; each tells how much. */
  cleaners: readonly (() => Promise<number>)[]
}

export function createHousekeeping({ database, log, cleaners }: HousekeepingOptions): EffectKind<CleanUp> {
  return {
    kind: 'housekeeping',
    version: 1,
    reads: [1],
    message,
    concurrency: 1,
    timeoutMs: 60_000,
    attemptsMax: 1_000_000,
    async run() {
      let deleted = await deleteExpiredKeys(database.query, keysAtATime)
      for (const clean of cleaners) deleted += await clean()
      if (deleted > 0) log.info({ deleted }, 'deleted what is kept no longer')
      // On Postgres's clock, as all that is due: a process whose clock is behind would run it again at once, for ever.
      const { rows } = await database.query.execute<{ dueMs: number }>(
        sql`select extract(epoch from now())::float8 * 1000 + ${everyMs}::int as "dueMs"`,
      )
      return { mail: [housekeepingMail(new Date(rows[0]?.dueMs ?? Number.NaN))] }
    },
  }
}
