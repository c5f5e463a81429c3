import { sql, type SQL } from 'drizzle-orm'
import { plannedWithout, statement, pipelined, transaction, type Database, type Queryable } from '#db'
import { StaleError, type Envelope, type MessageKind, type Message } from './kind.ts'

/** A row of the mailbox. */
export type StoredMessage = {
  id: number
  actorId: string
  version: number
  payload: unknown
  attempts: number
  tries: number
  isDue: boolean
}

// The clock and not the transaction's start: whoever sees a letter must find it due, or later ones would overtake it.
const isDue = `m.due_at <= clock_timestamp()`
const isFree = `(m.leased_until is null or m.leased_until < clock_timestamp())`
const columns = `m.id, m.actor_id as "actorId", m.version, m.payload, m.attempts, m.tries, ${isDue} as "isDue"`

const insertMail = statement(
  'insert mailbox',
  `insert into actor.mailbox (kind, actor_id, version, payload, due_at)
   select r.kind, r.id, r.version, r.message, coalesce(r."dueAt", now() + make_interval(secs => coalesce(r."delayMs", 0) / 1000))
   from rows from (json_to_recordset($1::json) as
     (kind text, id text, version int, message jsonb, "dueAt" timestamptz, "delayMs" float8)) with ordinality as r
   order by r.ordinality`,
)

/** Puts mail into the mailbox, in the sender's transaction and in the order given. */
export async function sendMessages(
  tx: Queryable,
  mail: readonly Envelope[],
  versionOf: (kind: string) => number,
): Promise<void> {
  if (mail.length === 0) return
  await insertMail(tx, JSON.stringify(mail.map((one) => ({ ...one, version: versionOf(one.kind) }))))
}

/** Who gets mail that is due already. */
export const recipientsDueNow = (mail: readonly Envelope[]): { kind: string; id: string }[] =>
  mail.filter(({ dueAt, delayMs }) => dueAt === undefined && delayMs === undefined)

const selectMail = statement<StoredMessage>(
  'select mailbox',
  `select ${columns} from unnest($2::text[]) as a(id) cross join lateral (
     select * from actor.mailbox m where m.kind = $1 and m.actor_id = a.id and (${isDue} or m.tries > 0)
     order by m.id limit $3
   ) m order by m.id`,
)

/**
 * What these locked actors have to handle, oldest first, `most` of each. A letter that was put off comes too, though it
 * is not due: it holds back its actor's later mail. Timers that are not due do not.
 */
export async function readMessages(
  tx: Queryable,
  kind: string,
  { ids, most }: { ids: readonly string[]; most: number },
): Promise<StoredMessage[]> {
  return ids.length === 0 ? [] : (await selectMail(tx, kind, ids, most)).rows
}

const removeMail = statement('delete mailbox', `delete from actor.mailbox where id = any($1::bigint[])`)

/** Deletes handled mail. @throws StaleError when somebody else has handled some of it: the turn must not commit. */
export async function deleteMessages(tx: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length > 0 && (await removeMail(tx, ids)).rowCount !== ids.length)
    throw new StaleError('mail of this turn was handled by somebody else')
}

const removeTypes = statement(
  'cancel mailbox',
  `delete from actor.mailbox where id = any(array(
     select m.id from json_to_recordset($1::json) as r(id text, type text) cross join lateral (
       select id, payload from actor.mailbox where kind = $2 and actor_id = r.id offset 0
     ) m where m.payload->>'type' = r.type))`,
)

/** Takes back mail of these types that the actors have still coming. */
export async function cancelMessages(
  tx: Queryable,
  kind: string,
  cancelled: readonly { id: string; types: readonly string[] }[],
): Promise<void> {
  const rows = cancelled.flatMap(({ id, types }) => types.map((type) => ({ id, type })))
  if (rows.length > 0) await removeTypes(tx, JSON.stringify(rows), kind)
}

const selectLeased = statement<{ id: number }>(
  'hold leased',
  `select m.id from actor.mailbox m
   join json_to_recordset($1::json) as r("letterId" bigint, lease uuid) on m.id = r."letterId" and m.lease = r.lease
   order by m.id for update of m`,
)

/** Locks leased mail and tells which leases still hold: an effect whose lease was lost must not apply its outcome. */
export async function lockLeased(
  tx: Queryable,
  leases: readonly { letterId: number; lease: string }[],
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
 * Leases the first letter of each of these actors, if it is due and free and this program reads its version. The actor
 * is claimed by its first letter, and has one leased letter at most: skipping to the next would split an actor in two.
 */
export async function leaseMessages(
  query: Queryable,
  claim: { kind: string; reads: readonly number[]; actorIds: readonly string[]; lease: string; leaseMs: number },
): Promise<StoredMessage[]> {
  return (await leaseFirst(query, claim.kind, claim.actorIds, claim.reads, claim.lease, claim.leaseMs)).rows
}

/** Prolongs leases that still hold; one that was taken over stays lost. */
export async function renewLeases(
  query: Queryable,
  { letterIds, lease, leaseMs }: { letterIds: readonly number[]; lease: string; leaseMs: number },
): Promise<void> {
  await query.execute(sql`
    update actor.mailbox set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    where id = any(${sql.param(letterIds)}::bigint[]) and lease = ${lease}::uuid`)
}

export interface Failure {
  letterId: number
  reason: string
  /** Given when an effect failed: the letter is touched only while this lease holds. */
  lease?: string
  /** Wait before the next try; the usual backoff unless given. */
  delayMs?: number | undefined
}

/** Moves the rows of `gone` to where staff can see, retry or drop them. @param reason an SQL expression */
export const insertDeadLetters = (reason: string): string => `
  insert into actor.dead_letter (id, kind, actor_id, version, payload, attempts, last_error, created_at, reason)
  select id, kind, actor_id, version, payload, attempts, last_error, created_at, ${reason} from gone`

const failLetter = statement<{ isParked: boolean }>(
  'fail mailbox',
  `with failed as (
     select id, coalesce(attempts + $4::int >= $5::int, false) as "isLast" from actor.mailbox
     where id = $1::bigint and (lease = $2::uuid or $2::uuid is null) for update
   ), gone as (
     delete from actor.mailbox m using failed f where m.id = f.id and f."isLast" returning m.*
   ), parked as (
     ${insertDeadLetters('$3::text')}
   ), later as (
     update actor.mailbox m
     set attempts = attempts + $4, tries = tries + 1, last_error = $3, lease = null, leased_until = null,
       due_at = clock_timestamp() + make_interval(secs => coalesce(
         $6::float8 / 1000, least($7::float8, 0.5 * power(2, least(tries, 10))) * (0.5 + random() / 2)))
     from failed f where m.id = f.id and not f."isLast"
   )
   select "isLast" as "isParked" from failed`,
)

/**
 * Spends an attempt on a letter and lets it wait, up to 15 s; parks it when that was the last. Without `attemptsMax` it
 * is only put off, since it could not be tried, or what it came to is not known: up to 4 s, so that it goes on soon after
 * the party is back (meanwhile its breaker keeps these tries cheap). The wait doubles from 0.5 s, with jitter over its
 * upper half, so that those who failed together do not come back together.
 * @returns whether it was parked: moved to where staff can see, retry or drop it
 */
export async function failMessage(query: Queryable, failure: Failure, attemptsMax?: number): Promise<boolean> {
  const { letterId, lease, reason, delayMs } = failure
  const [spent, mostSeconds] = attemptsMax === undefined ? [0, 4] : [1, 15]
  const { rows } = await failLetter(query, letterId, lease, reason, spent, attemptsMax, delayMs, mostSeconds)
  return rows[0]?.isParked === true
}

/** What a program can read: versions by kind. */
export type Readable = readonly Pick<MessageKind<Message>, 'kind' | 'reads'>[]

/** A table `k` of what is readable. */
export const readableRows = (readable: Readable): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(readable.map(({ kind, reads }) => ({ kind, reads })))}::jsonb) as k(kind text, reads int[])`

/** Reads on along an index until it has enough: sorting first would read the whole backlog of an outage each time. */
const inOrder = statement('read in order', `select ${plannedWithout('sort', 'bitmapscan')}`)

/**
 * Actors whose first letter is due and free. Fresh mail is left to its wake-up for `graceMs`; timers and retries have
 * none. Mail that this program cannot read stays where it is: the other colour may know it.
 * @param most for each kind, so that the mail of a party that hangs does not hide the others'
 */
export function overdueActors(
  database: Database,
  readable: Readable,
  { graceMs, most }: { graceMs: number; most: number },
): Promise<{ kind: string; actorId: string }[]> {
  const sleeping = sql`
    select k.kind, due.actor_id as "actorId" from ${readableRows(readable)} cross join lateral (
      select m.actor_id from actor.mailbox m
      where m.kind = k.kind and m.version = any(k.reads) and ${sql.raw(isFree)} and m.due_at <= now()
        and (m.due_at > m.created_at or m.due_at <= now() - make_interval(secs => ${graceMs / 1000}))
        and not exists (
          select 1 from actor.mailbox e
          where e.kind = m.kind and e.actor_id = m.actor_id and e.id < m.id and (e.due_at <= now() or e.tries > 0))
      order by m.due_at limit ${most}
    ) due`
  return transaction(database, async (tx) => {
    const [, { rows }] = await pipelined([inOrder(tx), tx.execute<{ kind: string; actorId: string }>(sleeping)])
    return rows
  })
}
