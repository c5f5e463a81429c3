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

const columns = sql`m.id, m.kind, m.actor_id as "actorId", m.version, m.payload, m.attempts, m.tries, m.due_at <= now() as "isDue"`
const textArray = (values: readonly string[]): SQL => sql`${sql.param(values)}::text[]`
const idArray = (values: readonly number[]): SQL => sql`${sql.param(values)}::bigint[]`

/** Letters read for one batch; who has more is woken again. */
export const lettersMax = 500

export interface Outgoing extends Mail {
  version: number
}

/** Puts mail into the mailbox, in the sender's transaction and in the order given. */
export async function sendMail(tx: Queryable, mail: readonly Outgoing[]): Promise<void> {
  if (mail.length === 0) return
  const rows = mail.map(({ kind, id, message, dueAt, version }) => ({ kind, id, version, payload: message, due: dueAt?.toISOString() ?? null }))
  await tx.execute(sql`
    insert into actor.mailbox (kind, actor_id, version, payload, due_at)
    select r.kind, r.id, r.version, r.payload, coalesce(r.due, now())
    from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as (kind text, id text, version int, payload jsonb, due timestamptz)) with ordinality as r
    order by r.ordinality`)
}

/**
 * What the locked actors of one kind have to handle, oldest first. A letter that was put off comes too, though it is
 * not due: it holds back its actor's later mail. Timers that are not due do not.
 */
export async function readMail(tx: Queryable, kind: string, actorIds: readonly string[]): Promise<Letter[]> {
  if (actorIds.length === 0) return []
  const { rows } = await tx.execute<Letter>(sql`
    select ${columns} from actor.mailbox m
    where m.kind = ${kind} and m.actor_id = any(${textArray(actorIds)}) and (m.due_at <= now() or m.tries > 0)
    order by m.id limit ${lettersMax}`)
  return rows
}

/** Deletes handled mail. @throws when a row is gone already: somebody else has handled it, so this turn must not commit. */
export async function deleteMail(tx: Queryable, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const result = await tx.execute(sql`delete from actor.mailbox where id = any(${idArray(ids)})`)
  if (result.rowCount !== ids.length) throw new Error('mail of this turn was handled by somebody else')
}

/** Deletes leased mail and tells which leases still held: an effect whose lease was lost must not apply its outcome. */
export async function deleteLeased(tx: Queryable, leases: readonly { letterId: number; lease: string }[]): Promise<Set<number>> {
  if (leases.length === 0) return new Set()
  const { rows } = await tx.execute<{ id: number }>(sql`
    delete from actor.mailbox m
    using jsonb_to_recordset(${JSON.stringify(leases)}::jsonb) as r("letterId" bigint, lease uuid)
    where m.id = r."letterId" and m.lease = r.lease returning m.id`)
  return new Set(rows.map(({ id }) => id))
}

/** Takes back mail of these types that the actors have still coming. */
export async function cancelMail(tx: Queryable, kind: string, cancelled: readonly { id: string; types: readonly string[] }[]): Promise<void> {
  if (cancelled.length === 0) return
  const rows = cancelled.flatMap(({ id, types }) => types.map((type) => ({ id, type })))
  await tx.execute(sql`
    delete from actor.mailbox m using jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, type text)
    where m.kind = ${kind} and m.actor_id = r.id and m.payload->>'type' = r.type`)
}

/**
 * Leases the first letter of each of these actors, if it is due and free. The actor is claimed by its first letter:
 * skipping to the next one would split an actor in two.
 */
export async function claimEffects(query: Queryable, claim: { kind: string; actorIds: readonly string[]; lease: string; leaseMs: number }): Promise<Letter[]> {
  const { rows } = await query.execute<Letter>(sql`
    with first as (
      select distinct on (actor_id) id from actor.mailbox
      where kind = ${claim.kind} and actor_id = any(${textArray(claim.actorIds)}) and (due_at <= now() or tries > 0)
      order by actor_id, id
    ), free as (
      select m.id from actor.mailbox m join first on first.id = m.id
      where m.due_at <= now() and (m.leased_until is null or m.leased_until < now())
      order by m.id for update of m skip locked
    )
    update actor.mailbox m set lease = ${claim.lease}::uuid, leased_until = now() + make_interval(secs => ${claim.leaseMs / 1000})
    from free where m.id = free.id and (m.leased_until is null or m.leased_until < now())
    returning ${columns}`)
  return rows
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

/** Puts a letter off without spending an attempt: the infrastructure failed, or this program does not know its kind or version. */
export async function putOffMail(query: Queryable, failure: Failure): Promise<void> {
  await delay(query, failure, 0)
}

/**
 * Spends an attempt on a letter; parks it when that was the last.
 * @returns whether it was parked
 */
export async function failMail(query: Queryable, failure: Failure, attemptsMax: number): Promise<boolean> {
  const attempts = await delay(query, failure, 1)
  if (attempts < attemptsMax) return false
  await parkMail(query, failure)
  return true
}

/** Doubles the wait from 0.5 s to 15 s, with jitter over its upper half, so that those who failed together do not come back together. */
const backoff = sql`least(15, 0.5 * power(2, least(tries, 10))) * (0.5 + random() / 2)`

/** @returns the attempts spent so far; 0 when the letter is gone */
async function delay(query: Queryable, { letterId, reason, lease, delayMs }: Failure, attempts: 0 | 1): Promise<number> {
  const wait = delayMs === undefined ? backoff : sql`${delayMs / 1000}::float8`
  const { rows } = await query.execute<{ attempts: number }>(sql`
    update actor.mailbox set attempts = attempts + ${attempts}, tries = tries + 1, last_error = ${reason.slice(0, 500)},
      due_at = now() + make_interval(secs => ${wait}), lease = null, leased_until = null
    where id = ${letterId} ${ifLeased(lease)} returning attempts`)
  return rows[0]?.attempts ?? 0
}

/** Moves a letter out of the way, to where staff can see, retry or drop it. */
export async function parkMail(query: Queryable, { letterId, reason }: Failure): Promise<void> {
  await query.execute(sql`
    with gone as (delete from actor.mailbox where id = ${letterId} returning *)
    insert into actor.parked (id, kind, actor_id, version, payload, attempts, last_error, created_at, reason)
    select id, kind, actor_id, version, payload, attempts, last_error, created_at, ${reason.slice(0, 500)} from gone`)
}

/** Puts off mail of kinds that this program does not have (the other colour may), and parks what nobody has known for a day. */
export async function putOffUnknownKinds(query: Queryable, known: readonly string[]): Promise<void> {
  await query.execute(sql`
    update actor.mailbox set tries = tries + 1, due_at = now() + interval '1 minute', last_error = 'kind is not known here'
    where due_at <= now() and not kind = any(${textArray(known)}) and created_at > now() - interval '24 hours'`)
  await query.execute(sql`
    with gone as (
      delete from actor.mailbox where id in (
        select id from actor.mailbox
        where due_at <= now() and created_at < now() - interval '24 hours' and (not kind = any(${textArray(known)}) or last_error like 'version % is not known here')
        limit 100 for update skip locked)
      returning *
    )
    insert into actor.parked (id, kind, actor_id, version, payload, attempts, last_error, created_at, reason)
    select id, kind, actor_id, version, payload, attempts, last_error, created_at, 'no replica has known its kind or version for a day' from gone`)
}

/** Actors with mail that has been due for `graceMs` and is not being handled: their wake-up was lost, or a timer has run out. */
export async function sleepingActors(query: Queryable, { graceMs, most }: { graceMs: number; most: number }): Promise<{ kind: string; actorId: string }[]> {
  const { rows } = await query.execute<{ kind: string; actorId: string }>(sql`
    select distinct kind, actor_id as "actorId" from (
      select kind, actor_id from actor.mailbox
      where due_at <= now() - make_interval(secs => ${graceMs / 1000}) and (leased_until is null or leased_until < now())
      order by due_at limit ${most}
    ) due`)
  return rows
}

/** Mail that is due, and the age of the oldest in seconds. */
export async function mailBacklog(query: Queryable): Promise<{ due: number; oldestSeconds: number }> {
  const { rows } = await query.execute<{ due: number; oldestSeconds: number }>(sql`
    select count(*)::int as due, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldestSeconds"
    from (select due_at from actor.mailbox where due_at <= now() order by due_at limit 10000) backlog`)
  return rows[0] ?? { due: 0, oldestSeconds: 0 }
}
