import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, jsonb, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { locales } from '#schemas'
import { roles } from './contract.ts'

/** Tables of the user module. `user` is a reserved word of SQL: drizzle quotes it, and hand-written SQL must too. */
export const user = pgSchema('user')

const moment = (name: string) => timestamp(name, { withTimezone: true }).notNull().defaultNow()

export const account = user.table(
  'account',
  {
    /** UUID v7: sorts by time of registration, which keyset pagination relies on. */
    id: uuid('id').primaryKey(),
    /** Normalised by `normaliseEmail`, so that the unique index ignores case. */
    email: text('email').notNull().unique('account_email_unique'),
    name: text('name'),
    locale: text('locale', { enum: locales }).notNull(),
    role: text('role', { enum: roles }).notNull().default('customer'),
    /** argon2id in PHC format: parameters, salt and hash in one string. */
    passwordHash: text('password_hash').notNull(),
    /** Set for a generated password, which its owner must change before. */
    passwordExpiresAt: timestamp('password_expires_at', { withTimezone: true }),
    /** A demo account has a published password: it cannot log in in production. */
    isDemo: boolean('is_demo').notNull().default(false),
    /** Set for an account that may not log in any more. */
    disabledAt: timestamp('disabled_at', { withTimezone: true }),
    createdAt: moment('created_at'),
  },
  (table) => [check('account_role', sql`${table.role} in ('customer', 'staff')`)],
)

/** A login of one device. */
export const session = user.table(
  'session',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id, { onDelete: 'cascade' }),
    /** SHA-256 of the token: access to this table does not allow a login. */
    tokenHash: text('token_hash').notNull().unique('session_token_hash_unique'),
    /** What its owner recognises it by, such as `Chrome, Windows`. */
    device: text('device'),
    createdAt: moment('created_at'),
    /** Accurate to 5 minutes, so that most reads write nothing. */
    lastSeenAt: moment('last_seen_at'),
    /** The end of its lifetime, however much it is used. */
    endsAt: timestamp('ends_at', { withTimezone: true }).notNull(),
    /** The end of its lifetime or idle time, whichever is earlier. */
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('session_account_id').on(table.accountId), index('session_expires_at').on(table.expiresAt)],
)

/** Actions of staff. Append-only by trigger. No foreign key: records outlive the accounts of their actors. */
export const audit = user.table(
  'audit',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment('at'),
    /** The account of the staff member. */
    actorId: uuid('actor_id').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    /** Null for an act that its module records itself, such as the timeline of an order. */
    requestId: text('request_id'),
  },
  (table) => [
    index('audit_subject').on(table.subject, table.id),
    index('audit_actor').on(table.actorId, table.id),
    check('audit_detail', sql`octet_length(${table.detail}::text) <= 4096`),
  ],
)
