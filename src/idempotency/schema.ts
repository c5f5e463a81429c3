import { json, pgSchema, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core'

const actorSchema = pgSchema('actor')

/**
 * Replies by idempotency key, written in the transaction of the request. Partitioned by `slot` (created in migration
 * 0003): see reply.store.ts.
 */
export const idempotency = actorSchema.table(
  'idempotency',
  {
    slot: smallint().notNull(),
    /** SHA-256 of scope and key: fixed length, and the key itself is not stored. */
    keyHash: text('key_hash').notNull(),
    /** SHA-256 of the request: reuse of the key for another request is an error. */
    fingerprint: text().notNull(),
    /** `json`, not `jsonb`: a replayed reply is byte for byte the first one. */
    reply: json(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.slot, table.keyHash] })],
)
