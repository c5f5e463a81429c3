import { sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '#db'
import { insertDeadLetters, readableRows, type Readable } from './mailbox.ts'
import { bigintArray, isoTimestamp, matchesFilter, type MessageFilter, type MessageHead } from './message-row.ts'

/** Dead letters: messages given up on after their last attempt. Staff read, retry or drop them. */

export interface DeadLetter extends MessageHead {
  /** Why it was dead-lettered. */
  reason: string
  deadLetteredAt: string
}

/** Columns of {@link DeadLetter}, to be selected from `actor.dead_letter`. */
export const deadLetterColumns = sql`id, kind, actor_id as "actorId", payload->>'type' as type, attempts,
  ${isoTimestamp(sql`created_at`)} as "createdAt", reason, ${isoTimestamp(sql`dead_lettered_at`)} as "deadLetteredAt"`

/** Dead letters, newest first; those before the id `after` where it is given. */
export async function listDeadLetters(
  query: Queryable,
  page: MessageFilter & { after?: number | undefined; limit: number },
): Promise<DeadLetter[]> {
  const { rows } = await query.execute<DeadLetter & Record<string, unknown>>(sql`
    select ${deadLetterColumns} from actor.dead_letter
    where ${matchesFilter(page)} and ${page.after === undefined ? sql`true` : sql`id < ${page.after}`}
    order by id desc limit ${page.limit}`)
  return rows
}

/** A dead letter that this call has removed from the list. */
export type RemovedDeadLetter = Pick<MessageHead, 'id' | 'kind' | 'actorId' | 'type'>

/**
 * Sends dead letters again, with all attempts before them. Each goes behind its actor's other messages, since the actor
 * went on when it was dead-lettered. It is already due for the sweep, which delivers it within a second.
 * @returns those that were still dead letters: of two concurrent calls for the same one, one finds it
 */
export function retryDeadLetters(tx: Queryable, ids: readonly number[]): Promise<RemovedDeadLetter[]> {
  return removeDeadLetters(
    tx,
    ids,
    sql`, sent as (
      insert into actor.mailbox (kind, actor_id, version, payload, last_error, due_at)
      select kind, actor_id, version, payload, coalesce(last_error, reason), now() - interval '1 second'
      from gone order by id)`,
  )
}

/** Deletes dead letters for good. @returns those that were still there */
export const dropDeadLetters = (tx: Queryable, ids: readonly number[]): Promise<RemovedDeadLetter[]> =>
  removeDeadLetters(tx, ids, sql``)

/** Rows are locked in id order: concurrent calls for the same ids cannot deadlock, and the second finds them gone. */
async function removeDeadLetters(tx: Queryable, ids: readonly number[], andThen: SQL): Promise<RemovedDeadLetter[]> {
  const { rows } = await tx.execute<RemovedDeadLetter & Record<string, unknown>>(sql`
    with locked as (select id from actor.dead_letter where id = any(${bigintArray(ids)}) order by id for update),
    gone as (delete from actor.dead_letter d using locked where d.id = locked.id returning d.*)
    ${andThen}
    select id, kind, actor_id as "actorId", payload->>'type' as type from gone order by id`)
  return rows
}

/** Retention: deletes at most `limit` dead letters older than `days`. @returns the number deleted */
export async function deleteOldDeadLetters(
  query: Queryable,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  const result = await query.execute(sql`
    delete from actor.dead_letter where id in (
      select id from actor.dead_letter where dead_lettered_at < now() - make_interval(days => ${days})
      order by id limit ${limit} for update skip locked)`)
  return result.rowCount ?? 0
}

/** Dead-letters messages that have been due for a day and whose kind or version is unknown here. @returns the number moved */
export async function deadLetterUnreadable(query: Queryable, readable: Readable, limit: number): Promise<number> {
  const result = await query.execute(sql`
    with gone as (
      delete from actor.mailbox where id in (
        select m.id from actor.mailbox m
        where m.due_at < now() - interval '24 hours'
          and not exists (select 1 from ${readableRows(readable)} where k.kind = m.kind and m.version = any(k.reads))
        order by m.id limit ${limit} for update skip locked)
      returning *
    )
    ${sql.raw(insertDeadLetters(`'no replica has known its kind or version for a day'`))}`)
  return result.rowCount ?? 0
}
