import { sql } from 'drizzle-orm'
import type { Database } from '#db'
import { countMessages, mailboxBacklog } from '#actor'
import { metrics } from '#telemetry'

/** What a worker process finds out about itself and the mail, beside its work. */
export interface Liveness {
  /** False while its sweep does not come round though Postgres answers. */
  isSweeping(): boolean
  stop(): void
}

/** Rounds in a row that find Postgres answering and the sweep where it was. */
const stuckRounds = 6

export interface LivenessOptions {
  database: Database
  sweep: { lastAt(): number }
  /** Between two rounds, ms; 10,000 unless given. */
  everyMs?: number
}

/** Rounds are counted, not seconds: a Postgres that was away, or a process that was frozen, makes nobody stuck. */
export function watchLiveness({ database, sweep, everyMs = 10_000 }: LivenessOptions): Liveness {
  let lastAt = sweep.lastAt()
  let stillRounds = 0
  let isReading = false

  async function read(): Promise<void> {
    if (isReading) return
    isReading = true
    const isAnswered = await sample(database).then(
      () => true,
      () => false,
    )
    isReading = false
    const at = sweep.lastAt()
    stillRounds = isAnswered && at === lastAt ? stillRounds + 1 : 0
    lastAt = at
    metrics.sweepAgeSeconds.set(Math.max(0, Date.now() - at) / 1000)
  }

  const timer = setInterval(() => void read(), everyMs)
  void read()
  return {
    isSweeping: () => stillRounds < stuckRounds,
    stop: () => clearInterval(timer),
  }
}

async function sample({ query }: Database): Promise<void> {
  const { rows } = await query.execute<{ seconds: number }>(sql`
    select coalesce(extract(epoch from clock_timestamp() - min(xact_start)), 0)::float8 as seconds
    from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`)
  metrics.oldestTransactionSeconds.set(rows[0]?.seconds ?? 0)
  const backlog = await mailboxBacklog(query)
  metrics.messagesDue.set(backlog.due)
  metrics.messagesOldestSeconds.set(backlog.oldestSeconds)
  const counts = await countMessages(query)
  metrics.messagesPending.reset()
  metrics.deadLetters.reset()
  for (const { kind, pending, deadLetters } of counts) {
    metrics.messagesPending.set({ kind }, pending)
    metrics.deadLetters.set({ kind }, deadLetters)
  }
}
