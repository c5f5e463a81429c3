import { json, pgSchema, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core'

const actorSchema = pgSchema('actor')

/**
 * Replies by idempotency key, written in the transaction of what they answer. Partitioned by `slot` (storage of
 * migration 0003): see replies.ts.
 */
export const idempotency = actorSchema.table(
  'idempotency',
  {
    slot: smallint().notNull(),
    /** SHA-256 of scope and key: any text fits, and none of it is kept. */
    keyHash: text('key_hash').notNull(),
    /** SHA-256 of the request: the same key with another body is a mistake. */
    fingerprint: text().notNull(),
    /** As JSON text: a replay is the same to the letter. */
    reply: json(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.slot, table.keyHash] })],
)
