import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { deadLetterColumns, type DeadLetter } from './dead-letter.store.ts'
import { isoTimestamp, matchesFilter, type MessageFilter, type MessageHead } from './message-row.ts'

/** The mailbox as staff and metrics see it. Read only. */

/** A message on its way: due, or a timer. */
export interface PendingMessage extends MessageHead {
  /** Times it was retried later, for any reason. */
  tries: number
  lastError: string | null
  dueAt: string
  isDue: boolean
  /** A worker holds its lease and runs its effect. */
  isLeased: boolean
}

export interface MessageContent {
  version: number
  /** Secrets and personal data are hidden; null where it is larger than staff are shown. */
  payload: unknown
  payloadBytes: number
}

const pendingColumns = sql`id, kind, actor_id as "actorId", payload->>'type' as type, attempts,
  ${isoTimestamp(sql`created_at`)} as "createdAt", tries, last_error as "lastError", ${isoTimestamp(sql`due_at`)} as "dueAt",
  due_at <= clock_timestamp() as "isDue", coalesce(leased_until >= clock_timestamp(), false) as "isLeased"`
const payloadBytesMax = 64 * 1024
const contentColumns = sql`version, octet_length(payload::text) as "payloadBytes",
  case when octet_length(payload::text) <= ${payloadBytesMax} then payload end as payload`

/** Pending messages, the longest due first and timers last; those after the position `after` where it is given. */
export async function listPending(
  query: Queryable,
  page: MessageFilter & { after?: { dueAt: string; id: number } | undefined; limit: number },
): Promise<PendingMessage[]> {
  const { after } = page
  const { rows } = await query.execute<PendingMessage & Record<string, unknown>>(sql`
    select ${pendingColumns} from actor.mailbox
    where ${matchesFilter(page)} and ${after === undefined ? sql`true` : sql`(due_at, id) > (${after.dueAt}::timestamptz, ${after.id})`}
    order by due_at, id limit ${page.limit}`)
  return rows
}

/** One message, pending or dead-lettered, with its content; undefined once it was handled, retried or dropped. */
export async function findMessage(
  query: Queryable,
  id: number,
): Promise<
  (((DeadLetter & { state: 'dead_letter' }) | (PendingMessage & { state: 'pending' })) & MessageContent) | undefined
> {
  const dead = await query.execute<DeadLetter & MessageContent & Record<string, unknown>>(
    sql`select ${deadLetterColumns}, ${contentColumns} from actor.dead_letter where id = ${id}`,
  )
  const [deadLetter] = dead.rows
  if (deadLetter !== undefined)
    return { ...deadLetter, state: 'dead_letter', payload: withoutSecrets(deadLetter.payload) }
  const pending = await query.execute<PendingMessage & MessageContent & Record<string, unknown>>(
    sql`select ${pendingColumns}, ${contentColumns} from actor.mailbox where id = ${id}`,
  )
  const [message] = pending.rows
  return message === undefined ? undefined : { ...message, state: 'pending', payload: withoutSecrets(message.payload) }
}

/** Messages that are due, counted up to 10,000, and the age of the oldest in seconds. */
export async function mailboxBacklog(query: Queryable): Promise<{ due: number; oldestSeconds: number }> {
  const { rows } = await query.execute<{ due: number; oldestSeconds: number }>(sql`
    select count(*)::int as due, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldestSeconds"
    from (select due_at from actor.mailbox where due_at <= now() order by due_at limit 10000) backlog`)
  return rows[0] ?? { due: 0, oldestSeconds: 0 }
}

/** Pending messages and dead letters by kind; counted up to 100,000 of each. */
export async function countMessages(
  query: Queryable,
): Promise<{ kind: string; pending: number; deadLetters: number }[]> {
  const { rows } = await query.execute<{ kind: string; pending: number; deadLetters: number }>(sql`
    select kind, sum(pending)::int as pending, sum(dead)::int as "deadLetters" from (
      (select kind, 1 as pending, 0 as dead from actor.mailbox limit 100000)
      union all (select kind, 0, 1 from actor.dead_letter limit 100000)) messages
    group by kind`)
  return rows
}

/** Fields of payloads that may hold secrets or personal data, at any depth. */
const hiddenFields = new Set(
  `token accessToken authorization cookie password secret apiKey
   email name phone address shippingAddress billingAddress line1 line2 postalCode note comment`.split(/\s+/),
)

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      hiddenFields.has(field) ? '[hidden]' : withoutSecrets(inner),
    ]),
  )
}
