import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export const actorSchema = pgSchema('actor')

const message = {
  kind: text().notNull(),
  actorId: text('actor_id').notNull(),
  version: integer().notNull(),
  payload: jsonb().notNull(),
  /** Attempts spent: failures of the handler itself. */
  attempts: integer().notNull().default(0),
  lastError: text('last_error'),
  createdAt: timestamp('created_at', { withTimezone: true })
    .notNull()
    .default(sql`now()`),
}

/** The mailbox: outbox, inbox and durable timers in one. A row lives until its handler's transaction deletes it. */
export const mailbox = actorSchema.table(
  'mailbox',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    ...message,
    dueAt: timestamp('due_at', { withTimezone: true })
      .notNull()
      .default(sql`now()`),
    /** Times it was retried later, for any reason. Above 0 it holds back its actor's later messages. */
    tries: integer().notNull().default(0),
    /** Fencing token of the runner that leases the message while its effect runs; void after `leasedUntil`. */
    lease: uuid(),
    leasedUntil: timestamp('leased_until', { withTimezone: true }),
    /** W3C traceparent of the span that sent it; null where its sender is not traced. */
    traceparent: text(),
  },
  (table) => [
    index('mailbox_actor').on(table.kind, table.actorId, table.id),
    index('mailbox_due').on(table.kind, table.dueAt),
  ],
)

/** Messages given up on after their last attempt: staff read, retry or drop them. */
export const deadLetters = actorSchema.table('dead_letter', {
  id: bigint({ mode: 'number' }).primaryKey(),
  ...message,
  reason: text().notNull(),
  deadLetteredAt: timestamp('dead_lettered_at', { withTimezone: true })
    .notNull()
    .default(sql`now()`),
})
