import { sql, type SQL } from 'drizzle-orm'
import { parkGone, readableRows, type Readable } from '#actor'
import type { Queryable } from '#db'

/** Mail as staff see it: what was given up on (parked), to be retried or dropped, and what waits. */

export interface ParkedLetter {
  id: number
  kind: string
  actorId: string
  /** Of its message; null where that cannot be read. */
  type: string | null
  attempts: number
  /** Why it was given up on. */
  reason: string
  createdAt: string
  parkedAt: string
}

export interface WaitingLetter {
  id: number
  kind: string
  actorId: string
  type: string | null
  attempts: number
  /** Times it was put off for any reason. */
  tries: number
  lastError: string | null
  createdAt: string
  dueAt: string
  isDue: boolean
  /** An effect that a worker is running. */
  isLeased: boolean
}

export interface LetterContent {
  version: number
  /** Without what could be secret or personal; null where it is larger than staff are shown. */
  payload: unknown
  payloadBytes: number
}

/** A place in a list: the last letter of the page before. */
export interface LetterPage<Position> {
  kind?: string | undefined
  actorId?: string | undefined
  after?: Position | undefined
  limit: number
}

const iso = (column: SQL): SQL =>
  sql`to_char(${column} at time zone 'UTC', ${sql.raw(`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`)})`
const idArray = (ids: readonly number[]): SQL => sql`${sql.param(ids)}::bigint[]`
const common = sql`id, kind, actor_id as "actorId", payload->>'type' as type, attempts, ${iso(sql`created_at`)} as "createdAt"`
const parkedColumns = sql`${common}, reason, ${iso(sql`parked_at`)} as "parkedAt"`
const waitingColumns = sql`${common}, tries, last_error as "lastError", ${iso(sql`due_at`)} as "dueAt",
  due_at <= clock_timestamp() as "isDue", coalesce(leased_until >= clock_timestamp(), false) as "isLeased"`
const payloadBytesMax = 64 * 1024
const contentColumns = sql`version, octet_length(payload::text) as "payloadBytes",
  case when octet_length(payload::text) <= ${payloadBytesMax} then payload end as payload`

const filter = ({ kind, actorId }: { kind?: string | undefined; actorId?: string | undefined }): SQL => sql`
  ${kind === undefined ? sql`true` : sql`kind = ${kind}`} and ${actorId === undefined ? sql`true` : sql`actor_id = ${actorId}`}`

/** Parked mail, the newest letters first. */
export async function listParked(query: Queryable, page: LetterPage<number>): Promise<ParkedLetter[]> {
  const { rows } = await query.execute<ParkedLetter & Record<string, unknown>>(sql`
    select ${parkedColumns} from actor.parked
    where ${filter(page)} and ${page.after === undefined ? sql`true` : sql`id < ${page.after}`}
    order by id desc limit ${page.limit}`)
  return rows
}

/** Mail on its way, what is due longest first; timers come last. */
export async function listWaiting(
  query: Queryable,
  page: LetterPage<{ dueAt: string; id: number }>,
): Promise<WaitingLetter[]> {
  const { after } = page
  const { rows } = await query.execute<WaitingLetter & Record<string, unknown>>(sql`
    select ${waitingColumns} from actor.mailbox
    where ${filter(page)} and ${after === undefined ? sql`true` : sql`(due_at, id) > (${after.dueAt}::timestamptz, ${after.id})`}
    order by due_at, id limit ${page.limit}`)
  return rows
}

/** One letter, parked or waiting, with what it says; undefined once it was handled, retried or dropped. */
export async function findLetter(
  query: Queryable,
  id: number,
): Promise<
  (((ParkedLetter & { state: 'parked' }) | (WaitingLetter & { state: 'waiting' })) & LetterContent) | undefined
> {
  const parked = await query.execute<ParkedLetter & LetterContent & Record<string, unknown>>(
    sql`select ${parkedColumns}, ${contentColumns} from actor.parked where id = ${id}`,
  )
  const [found] = parked.rows
  if (found !== undefined) return { ...found, state: 'parked', payload: withoutSecrets(found.payload) }
  const waiting = await query.execute<WaitingLetter & LetterContent & Record<string, unknown>>(
    sql`select ${waitingColumns}, ${contentColumns} from actor.mailbox where id = ${id}`,
  )
  const [other] = waiting.rows
  return other === undefined ? undefined : { ...other, state: 'waiting', payload: withoutSecrets(other.payload) }
}

/** A parked letter that was taken off the list. */
export interface TakenLetter {
  id: number
  kind: string
  actorId: string
  type: string | null
}

/**
 * Sends parked letters once more, with all attempts before them. Each gets a new place, behind its actor's other mail:
 * the actor has gone on since it was parked. It is due at once for the sweep, which takes it up within a second.
 * @returns those that were still parked: of two who retry or drop the same, one finds it
 */
export function retryParked(tx: Queryable, ids: readonly number[]): Promise<TakenLetter[]> {
  return takeParked(
    tx,
    ids,
    sql`, sent as (
      insert into actor.mailbox (kind, actor_id, version, payload, last_error, due_at)
      select kind, actor_id, version, payload, coalesce(last_error, reason), now() - interval '1 second'
      from gone order by id)`,
  )
}

/** Deletes parked letters for good. @returns those that were still parked */
export const dropParked = (tx: Queryable, ids: readonly number[]): Promise<TakenLetter[]> => takeParked(tx, ids, sql``)

/** Locked in order, so that two who take the same letters do not deadlock; who comes second finds them gone. */
async function takeParked(tx: Queryable, ids: readonly number[], andThen: SQL): Promise<TakenLetter[]> {
  const { rows } = await tx.execute<TakenLetter & Record<string, unknown>>(sql`
    with locked as (select id from actor.parked where id = any(${idArray(ids)}) order by id for update),
    gone as (delete from actor.parked p using locked where p.id = locked.id returning p.*)
    ${andThen}
    select id, kind, actor_id as "actorId", payload->>'type' as type from gone order by id`)
  return rows
}

/** Deletes what has been parked for so many days, at most `most`. @returns how much */
export async function deleteOldParked(
  query: Queryable,
  { days, most }: { days: number; most: number },
): Promise<number> {
  const result = await query.execute(sql`
    delete from actor.parked where id in (
      select id from actor.parked where parked_at < now() - make_interval(days => ${days})
      order by id limit ${most} for update skip locked)`)
  return result.rowCount ?? 0
}

/** Parks mail that has been due for a day and is of a kind or version this program cannot read. @returns how much */
export async function parkUnreadable(query: Queryable, readable: Readable, most: number): Promise<number> {
  const result = await query.execute(sql`
    with gone as (
      delete from actor.mailbox where id in (
        select m.id from actor.mailbox m
        where m.due_at < now() - interval '24 hours'
          and not exists (select 1 from ${readableRows(readable)} where k.kind = m.kind and m.version = any(k.reads))
        order by m.id limit ${most} for update skip locked)
      returning *
    )
    ${sql.raw(parkGone(`'no replica has known its kind or version for a day'`))}`)
  return result.rowCount ?? 0
}

/** Mail that is due, counted up to 10,000, and the age of the oldest in seconds. */
export async function mailBacklog(query: Queryable): Promise<{ due: number; oldestSeconds: number }> {
  const { rows } = await query.execute<{ due: number; oldestSeconds: number }>(sql`
    select count(*)::int as due, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as "oldestSeconds"
    from (select due_at from actor.mailbox where due_at <= now() order by due_at limit 10000) backlog`)
  return rows[0] ?? { due: 0, oldestSeconds: 0 }
}

/** Letters that wait and that are parked, by kind; counted up to 100,000 of each. */
export async function countMail(query: Queryable): Promise<{ kind: string; waiting: number; parked: number }[]> {
  const { rows } = await query.execute<{ kind: string; waiting: number; parked: number }>(sql`
    select kind, sum(waiting)::int as waiting, sum(parked)::int as parked from (
      (select kind, 1 as waiting, 0 as parked from actor.mailbox limit 100000)
      union all (select kind, 0, 1 from actor.parked limit 100000)) letters
    group by kind`)
  return rows
}

/** Fields of messages that may hold secrets or personal data, at any depth. */
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
