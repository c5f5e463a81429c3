import { sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { Mail } from './kind.ts'

/** A row of the mailbox. */
export type Letter = {
  id: number
  kind: string
  actorId: string
  version: number
  payload: unknown
  attempts: number
  tries: number
  isDue: boolean
}

// The clock and not the transaction's start: whoever sees a letter must find it due, or later ones would overtake it.
const isDue = sql`m.due_at <= clock_timestamp()`
const isFree = sql`(m.leased_until is null or m.leased_until < clock_timestamp())`
const columns = sql`m.id, m.kind, m.actor_id as "actorId", m.version, m.payload, m.attempts, m.tries, ${isDue} as "isDue"`
const textArray = (values: readonly string[]): SQL => sql`${sql.param(values)}::text[]`
const idArray = (values: readonly number[]): SQL => sql`${sql.param(values)}::bigint[]`

export interface Outgoing extends Mail {
  version: number
}

/** Who gets mail that is due already. */
export const dueNow = (mail: readonly Mail[], now: Date): { kind: string; id: string }[] =>
  mail.filter(({ dueAt }) => dueAt === undefined || dueAt <= now).map(({ kind, id }) => ({ kind, id }))

/** Puts mail into the mailbox, in the sender's transaction and in the order given. */
export async function sendMail(tx: Queryable, mail: readonly Outgoing[]): Promise<void> {
  if (mail.length === 0) return
  const rows = mail.map(({ kind, id, message, dueAt, version }) => ({
    kind,
    id,
    version,
    payload: message,
    due: dueAt?.toISOString() ?? null,
  }))
  await tx.execute(sql`
    insert into actor.mailbox (kind, actor_id, version, payload, due_at)
    select r.kind, r.id, r.version, r.payload, coalesce(r.due, now())
    from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as (kind text, id text, version int, payload jsonb, due timestamptz)) with ordinality as r
    order by r.ordinality`)
}

/**
 * What these locked actors have to handle, oldest first, `most` of each. A letter that was put off comes too, though it
 * is not due: it holds back its actor's later mail. Timers that are not due do not.
 */
export async function readMail(
  tx: Queryable,
  kind: string,
  actors: readonly { id: string; most: number }[],
): Promise<Letter[]> {
  if (actors.length === 0) return []
  const { rows } = await tx.execute<Letter>(sql`
    select ${columns} from jsonb_to_recordset(${JSON.stringify(actors)}::jsonb) as a(id text, most int)
    cross join lateral (
      select * from actor.mailbox m where m.kind = ${kind} and m.actor_id = a.id and (${isDue} or m.tries > 0)
      order by m.id limit a.most
    ) m order by m.id`)
  return rows
}

/** A letter of this turn was handled by somebody else meanwhile: the turn must not commit, but may be tried again. */
export class MailGoneError extends Error {
  override readonly name = 'MailGoneError'
}

/** Deletes handled mail. @throws MailGoneError */
export async function deleteMail(tx: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const result = await tx.execute(sql`delete from actor.mailbox where id = any(${idArray(ids)})`)
  if (result.rowCount !== ids.length) throw new MailGoneError('mail of this turn was handled by somebody else')
}

/** Locks leased mail and tells which leases still hold: an effect whose lease was lost must not apply its outcome. */
export async function holdLeased(
  tx: Queryable,
  leases: readonly { letterId: number; lease: string }[],
): Promise<Set<number>> {
  if (leases.length === 0) return new Set()
  const { rows } = await tx.execute<{ id: number }>(sql`
    select m.id from actor.mailbox m
    join jsonb_to_recordset(${JSON.stringify(leases)}::jsonb) as r("letterId" bigint, lease uuid)
      on m.id = r."letterId" and m.lease = r.lease
    order by m.id for update of m`)
  return new Set(rows.map(({ id }) => id))
}

/** Takes back mail of these types that the actors have still coming. */
export async function cancelMail(
  tx: Queryable,
  kind: string,
  cancelled: readonly { id: string; types: readonly string[] }[],
): Promise<void> {
  if (cancelled.length === 0) return
  const rows = cancelled.flatMap(({ id, types }) => types.map((type) => ({ id, type })))
  await tx.execute(sql`
    delete from actor.mailbox m using jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, type text)
    where m.kind = ${kind} and m.actor_id = r.id and m.payload->>'type' = r.type`)
}

/**
 * Leases the first letter of each of these actors, if it is due and free and this program reads its version. The actor
 * is claimed by its first letter, and has one leased letter at most: skipping to the next would split an actor in two.
 */
export async function claimEffects(
  query: Queryable,
  claim: { kind: string; reads: readonly number[]; actorIds: readonly string[]; lease: string; leaseMs: number },
): Promise<Letter[]> {
  const { rows } = await query.execute<Letter>(sql`
    with first as (
      select distinct on (actor_id) m.id from actor.mailbox m
      where m.kind = ${claim.kind} and m.actor_id = any(${textArray(claim.actorIds)}) and (${isDue} or m.tries > 0)
      order by m.actor_id, m.id
    ), free as (
      select m.id from actor.mailbox m join first on first.id = m.id
      where ${isDue} and ${isFree} and m.version = any(${idArray(claim.reads)}) and not exists (
        select 1 from actor.mailbox l
        where l.kind = m.kind and l.actor_id = m.actor_id and l.id > m.id and l.leased_until >= clock_timestamp())
      order by m.id for update of m skip locked
    )
    update actor.mailbox m set lease = ${claim.lease}::uuid,
      leased_until = clock_timestamp() + make_interval(secs => ${claim.leaseMs / 1000})
    from free where m.id = free.id
    returning ${columns}`)
  return rows
}

/** Prolongs a lease that still holds; one that was taken over stays lost. */
export async function renewLease(
  query: Queryable,
  { letterId, lease, leaseMs }: { letterId: number; lease: string; leaseMs: number },
): Promise<void> {
  await query.execute(sql`
    update actor.mailbox set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    where id = ${letterId} and lease = ${lease}::uuid`)
}

export interface Failure {
  letterId: number
  reason: string
  /** Given when an effect failed: the letter is touched only while this lease holds. */
  lease?: string
  /** Wait before the next try; the usual backoff unless given. */
  delayMs?: number | undefined
}

const ifLeased = (lease: string | undefined): SQL => (lease === undefined ? sql`` : sql`and lease = ${lease}::uuid`)

/** Moves deleted rows out of the way, to where staff can see, retry or drop them. */
const park = (gone: SQL, reason: string): SQL => sql`
  with gone as (${gone} returning *)
  insert into actor.parked (id, kind, actor_id, version, payload, attempts, last_error, created_at, reason)
  select id, kind, actor_id, version, payload, attempts, last_error, created_at, ${reason} from gone`

/** Puts a letter off without spending an attempt: it could not be tried, or what it came to is not known. */
export async function putOffMail(query: Queryable, failure: Failure): Promise<void> {
  await delay(query, failure, 0)
}

/**
 * Spends an attempt on a letter; parks it when that was the last.
 * @returns whether it was parked
 */
export async function failMail(query: Queryable, failure: Failure, attemptsMax: number): Promise<boolean> {
  const { letterId, lease, reason } = failure
  const isLast = sql`delete from actor.mailbox where id = ${letterId} ${ifLeased(lease)} and attempts + 1 >= ${attemptsMax}`
  const parked = await query.execute(park(isLast, reason))
  if (parked.rowCount !== 0) return true
  await delay(query, failure, 1)
  return false
}

/** What staff read of an error: its root, in one line, without the values that drizzle puts into its messages. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error) return failureReason(error.cause)
  return `${error.name}: ${error.message.split('\nparams:')[0]}`.replaceAll(/\s+/g, ' ').slice(0, 500)
}

/**
 * Doubles the wait from 0.5 s, with jitter over its upper half, so that those who failed together do not come back
 * together. Up to 15 s after a failure; up to 4 s for what could not be tried, which is to go on soon after the party is
 * back (meanwhile its breaker keeps these tries cheap).
 */
const backoff = (isFailure: boolean): SQL =>
  sql`least(${isFailure ? 15 : 4}::float8, 0.5 * power(2, least(tries, 10))) * (0.5 + random() / 2)`

async function delay(query: Queryable, { letterId, reason, lease, delayMs }: Failure, attempts: 0 | 1): Promise<void> {
  const wait = delayMs === undefined ? backoff(attempts > 0) : sql`${delayMs / 1000}::float8`
  await query.execute(sql`
    update actor.mailbox set attempts = attempts + ${attempts}, tries = tries + 1, last_error = ${reason},
      due_at = clock_timestamp() + make_interval(secs => ${wait}), lease = null, leased_until = null
    where id = ${letterId} ${ifLeased(lease)}`)
}

/** What a program can read: versions by kind. */
export type Readable = readonly { readonly kind: string; readonly reads: readonly number[] }[]

const readableRows = (readable: Readable): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(readable.map(({ kind, reads }) => ({ kind, reads })))}::jsonb) as k(kind text, reads int[])`

/**
 * Actors whose first letter is due and free. Fresh mail is left to its wake-up for `graceMs`; timers and retries have
 * none. Mail that this program cannot read stays where it is: the other colour may know it.
 * @param most for each kind, so that the mail of a party that hangs does not hide the others'
 */
export async function sleepingActors(
  query: Queryable,
  readable: Readable,
  { graceMs, most }: { graceMs: number; most: number },
): Promise<{ kind: string; actorId: string }[]> {
  const { rows } = await query.execute<{ kind: string; actorId: string }>(sql`
    select k.kind, due.actor_id as "actorId" from ${readableRows(readable)} cross join lateral (
      select m.actor_id from actor.mailbox m
      where m.kind = k.kind and m.version = any(k.reads) and ${isFree} and m.due_at <= now()
        and (m.due_at > m.created_at or m.due_at <= now() - make_interval(secs => ${graceMs / 1000}))
        and not exists (
          select 1 from actor.mailbox e
          where e.kind = m.kind and e.actor_id = m.actor_id and e.id < m.id and (e.due_at <= now() or e.tries > 0))
      order by m.due_at limit ${most}
    ) due`)
  return rows
}

/** Parks mail that has been due for a day and is of a kind or version this program cannot read. @returns how much */
export async function parkUnreadable(query: Queryable, readable: Readable): Promise<number> {
  const unreadable = sql`
    delete from actor.mailbox where id in (
      select m.id from actor.mailbox m
      where m.due_at < now() - interval '24 hours'
        and not exists (select 1 from ${readableRows(readable)} where k.kind = m.kind and m.version = any(k.reads))
      order by m.id limit 100 for update skip locked)`
  const parked = await query.execute(park(unreadable, 'no replica has known its kind or version for a day'))
  return parked.rowCount ?? 0
}

/** Mail that is due, and the age of the oldest in seconds. */
export async function mailBacklog(query: Queryable): Promise<{ due: number; oldestSeconds: number }> {
  const { rows } = await query.execute<{ due: number; oldestSeconds: number }>(sql`
    select count(*)::int as due, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldestSeconds"
    from (select due_at from actor.mailbox where due_at <= now() order by due_at limit 10000) backlog`)
  return rows[0] ?? { due: 0, oldestSeconds: 0 }
}
