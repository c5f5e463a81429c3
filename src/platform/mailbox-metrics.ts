import { sql } from 'drizzle-orm'
import { countMessages, mailboxBacklog } from '#actor'
import type { Database } from '#db'
import { metrics } from '#telemetry'

/** Samples the metrics of the mailbox and its database: backlog, messages by kind, oldest transaction. @throws while Postgres is away */
export async function sampleMailboxMetrics({ query }: Database): Promise<void> {
  // A long transaction keeps deleted messages from being vacuumed.
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
