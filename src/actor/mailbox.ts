import { sql, type SQL } from 'drizzle-orm'
import { plannedWithout, statement, pipelined, transaction, type Database, type Queryable } from '#db'
import { StaleError, type Envelope, type MessageKind, type Message } from './kind.ts'

/** A message as stored in the mailbox. */
export type StoredMessage = {
  id: number
  actorId: string
  version: number
  payload: unknown
  attempts: number
  tries: number
  isDue: boolean
  /** W3C traceparent of its sender's span; null where that is not traced. */
  traceparent: string | null
  /** Time since it was due, ms; null where it is not traced. */
  waitedMs: number | null
}

// The clock, not the transaction's start: a message that is visible must be due, or later ones would overtake it.
const isDue = `m.due_at <= clock_timestamp()`
const isFree = `(m.leased_until is null or m.leased_until < clock_timestamp())`
const columns = `m.id, m.actor_id as "actorId", m.version, m.payload, m.attempts, m.tries, ${isDue} as "isDue",
  m.traceparent, case when m.traceparent is not null then
    (extract(epoch from clock_timestamp() - m.due_at) * 1000)::float8 end as "waitedMs"`

const insertRows = statement(
  'insert mailbox',
  `insert into actor.mailbox (kind, actor_id, version, payload, traceparent, due_at)
   select r.kind, r.id, r.version, r.message, r.traceparent, coalesce(r."dueAt", now() + make_interval(secs => coalesce(r."delayMs", 0) / 1000))
   from rows from (json_to_recordset($1::json) as
     (kind text, id text, version int, message jsonb, "dueAt" timestamptz, "delayMs" float8, traceparent text)) with ordinality as r
   order by r.ordinality`,
)

/** Transactional outbox: stores messages in the mailbox, in the sender's transaction and in the order given. */
export async function sendMessages(
  tx: Queryable,
  envelopes: readonly Envelope[],
  versionOf: (kind: string) => number,
): Promise<void> {
  if (envelopes.length === 0) return
  await insertRows(
    tx,
    JSON.stringify(envelopes.map((envelope) => ({ ...envelope, version: versionOf(envelope.kind) }))),
  )
}

/** Recipients of the messages that are due immediately. */
export const recipientsDueNow = (envelopes: readonly Envelope[]): { kind: string; id: string }[] =>
  envelopes.filter(({ dueAt, delayMs }) => dueAt === undefined && delayMs === undefined)

const selectDue = statement<StoredMessage>(
  'select mailbox',
  `select ${columns} from unnest($2::text[]) as a(id) cross join lateral (
     select * from actor.mailbox m where m.kind = $1 and m.actor_id = a.id and (${isDue} or m.tries > 0)
     order by m.id limit $3
   ) m order by m.id`,
)

/**
 * The messages these locked actors have to handle, oldest first, at most `limit` of each actor. A message that is being
 * retried later is included before it is due, since it holds back its actor's later messages. A timer is not.
 */
export async function readMessages(
  tx: Queryable,
  kind: string,
  { ids, limit }: { ids: readonly string[]; limit: number },
): Promise<StoredMessage[]> {
  return ids.length === 0 ? [] : (await selectDue(tx, kind, ids, limit)).rows
}

const deleteRows = statement('delete mailbox', `delete from actor.mailbox where id = any($1::bigint[])`)

/** Deletes handled messages. @throws StaleError when another process has handled one of them: the turn must not commit */
export async function deleteMessages(tx: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length > 0 && (await deleteRows(tx, ids)).rowCount !== ids.length)
    throw new StaleError('a message of this turn was handled by another process')
}

const deleteTypes = statement(
  'cancel mailbox',
  `delete from actor.mailbox where id = any(array(
     select m.id from json_to_recordset($1::json) as r(id text, type text) cross join lateral (
       select id, payload from actor.mailbox where kind = $2 and actor_id = r.id offset 0
     ) m where m.payload->>'type' = r.type))`,
)

/** Withdraws the actors' pending messages of these types. */
export async function cancelMessages(
  tx: Queryable,
  kind: string,
  cancelled: readonly { id: string; types: readonly string[] }[],
): Promise<void> {
  const rows = cancelled.flatMap(({ id, types }) => types.map((type) => ({ id, type })))
  if (rows.length > 0) await deleteTypes(tx, JSON.stringify(rows), kind)
}

const selectLeased = statement<{ id: number }>(
  'hold leased',
  `select m.id from actor.mailbox m
   join json_to_recordset($1::json) as r("messageId" bigint, lease uuid) on m.id = r."messageId" and m.lease = r.lease
   order by m.id for update of m`,
)

/** Fencing: locks leased messages and returns the ids whose lease still holds. A lost lease makes the outcome void. */
export async function lockLeased(
  tx: Queryable,
  leases: readonly { messageId: number; lease: string }[],
): Promise<Set<number>> {
  if (leases.length === 0) return new Set()
  return new Set((await selectLeased(tx, JSON.stringify(leases))).rows.map(({ id }) => id))
}

const leaseFirst = statement<StoredMessage>(
  'claim effects',
  `with first as (
     select m.* from unnest($2::text[]) as a(id) cross join lateral (
       select m.id from actor.mailbox m
       where m.kind = $1 and m.actor_id = a.id and (${isDue} or m.tries > 0) order by m.id limit 1
     ) m
   ), free as (
     select m.id from actor.mailbox m join first on first.id = m.id
     where ${isDue} and ${isFree} and m.version = any($3::int[]) and not exists (
       select 1 from actor.mailbox l
       where l.kind = m.kind and l.actor_id = m.actor_id and l.id > m.id and l.leased_until >= clock_timestamp())
     order by m.id for update of m skip locked
   )
   update actor.mailbox m set lease = $4::uuid, leased_until = clock_timestamp() + make_interval(secs => $5::float8 / 1000)
   from free where m.id = free.id
   returning ${columns}`,
)

/**
 * Leases the first message of each of these actors, if it is due and free and this program reads its version. An actor
 * has one leased message at most: skipping to the next would run one actor twice at the same time.
 */
export async function leaseMessages(
  query: Queryable,
  claim: { kind: string; reads: readonly number[]; actorIds: readonly string[]; lease: string; leaseMs: number },
): Promise<StoredMessage[]> {
  return (await leaseFirst(query, claim.kind, claim.actorIds, claim.reads, claim.lease, claim.leaseMs)).rows
}

/** Extends leases that still hold; one that another process has taken over stays lost. */
export async function renewLeases(
  query: Queryable,
  { messageIds, lease, leaseMs }: { messageIds: readonly number[]; lease: string; leaseMs: number },
): Promise<void> {
  await query.execute(sql`
    update actor.mailbox set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    where id = any(${sql.param(messageIds)}::bigint[]) and lease = ${lease}::uuid`)
}

export interface Failure {
  messageId: number
  reason: string
  /** Given when an effect failed: the message is changed only while this lease holds. */
  lease?: string
  /** Delay before the next try, ms; the usual backoff unless given. */
  delayMs?: number | undefined
}

/** SQL that inserts the rows of the CTE `gone` as dead letters. @param reason an SQL expression */
export const insertDeadLetters = (reason: string): string => `
  insert into actor.dead_letter (id, kind, actor_id, version, payload, attempts, last_error, created_at, reason)
  select id, kind, actor_id, version, payload, attempts, last_error, created_at, ${reason} from gone`

const failRow = statement<{ isDeadLettered: boolean }>(
  'fail mailbox',
  `with failed as (
     select id, coalesce(attempts + $4::int >= $5::int, false) as "isLast" from actor.mailbox
     where id = $1::bigint and (lease = $2::uuid or $2::uuid is null) for update
   ), gone as (
     delete from actor.mailbox m using failed f where m.id = f.id and f."isLast" returning m.*
   ), dead as (
     ${insertDeadLetters('$3::text')}
   ), later as (
     update actor.mailbox m
     set attempts = attempts + $4, tries = tries + 1, last_error = $3, lease = null, leased_until = null,
       due_at = clock_timestamp() + make_interval(secs => coalesce(
         $6::float8 / 1000, least($7::float8, 0.5 * power(2, least(tries, 10))) * (0.5 + random() / 2)))
     from failed f where m.id = f.id and not f."isLast"
   )
   select "isLast" as "isDeadLettered" from failed`,
)

/**
 * Spends an attempt and retries later, after at most 15 s; the last attempt makes the message a dead letter. Without
 * `attemptsMax` no attempt is spent, since the message could not be tried or its result is unknown: it is retried within
 * 4 s, soon after the service is back (until then its circuit breaker keeps these tries cheap). Exponential backoff from
 * 0.5 s, with jitter over the upper half, so that messages that failed together are not retried together.
 * @returns whether the message was dead-lettered
 */
export async function failMessage(query: Queryable, failure: Failure, attemptsMax?: number): Promise<boolean> {
  const { messageId, lease, reason, delayMs } = failure
  const [spent, backoffMaxSeconds] = attemptsMax === undefined ? [0, 4] : [1, 15]
  const { rows } = await failRow(query, messageId, lease, reason, spent, attemptsMax, delayMs, backoffMaxSeconds)
  return rows[0]?.isDeadLettered === true
}

/** The versions of each kind that this program reads. */
export type Readable = readonly Pick<MessageKind<Message>, 'kind' | 'reads'>[]

/** The same as an SQL table `k`. */
export const readableRows = (readable: Readable): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(readable.map(({ kind, reads }) => ({ kind, reads })))}::jsonb) as k(kind text, reads int[])`

/** Reads along the index until the limit: sorting first would read the whole backlog of an outage each time. */
const inOrder = statement('read in order', `select ${plannedWithout('sort', 'bitmapscan')}`)

/**
 * Actors whose first message is due and free. A new message is left to its wake-up for `graceMs`; timers and retries
 * have no wake-up. A message that this program cannot read is left alone: another release may read it.
 * @param options.limit for each kind, so that the messages of a service that hangs do not hide the others
 */
export function overdueActors(
  database: Database,
  readable: Readable,
  { graceMs, limit }: { graceMs: number; limit: number },
): Promise<{ kind: string; actorId: string }[]> {
  const overdue = sql`
    select k.kind, due.actor_id as "actorId" from ${readableRows(readable)} cross join lateral (
      select m.actor_id from actor.mailbox m
      where m.kind = k.kind and m.version = any(k.reads) and ${sql.raw(isFree)} and m.due_at <= now()
        and (m.due_at > m.created_at or m.due_at <= now() - make_interval(secs => ${graceMs / 1000}))
        and not exists (
          select 1 from actor.mailbox e
          where e.kind = m.kind and e.actor_id = m.actor_id and e.id < m.id and (e.due_at <= now() or e.tries > 0))
      order by m.due_at limit ${limit}
    ) due`
  return transaction(database, async (tx) => {
    const [, { rows }] = await pipelined([inOrder(tx), tx.execute<{ kind: string; actorId: string }>(overdue)])
    return rows
  })
}
