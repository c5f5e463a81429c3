import { sql } from 'drizzle-orm'
import { statement, type Queryable } from '#db'
import { keyMismatch, type IdempotencyKey } from './key.ts'

/**
 * Replies are kept 24 h, in four partitions of 12 h that take turns: one that comes round again is emptied at a stroke.
 * For the first seconds of a partition a key goes into the one before it too, since a transaction that began there (and
 * none lasts longer than 3 s) may be using the same key.
 */
const slot = (moment: string) => `(floor(extract(epoch from ${moment}) / 43200)::bigint % 4)::smallint`

const selectReplies = statement<{ hash: string; fingerprint: string; reply: unknown }>(
  'select idempotency',
  `select key_hash as hash, fingerprint, reply from actor.idempotency
   where slot = any(array[${[0, 12, 24].map((hours) => slot(`now() - interval '${hours} hours'`)).join(', ')}])
     and key_hash = any($1::text[]) and expires_at > now()`,
)

/** What a request was answered. */
export type Answer = { ok: true; reply: unknown } | { ok: false; error: unknown }

/** Answers stored under these keys, by their hash; an error where that was another request. To be read once what they ask for is locked, in a statement of its own. */
export async function readReplies(tx: Queryable, keys: readonly IdempotencyKey[]): Promise<Map<string, Answer>> {
  if (keys.length === 0) return new Map()
  const asked = new Map(keys.map(({ hash, fingerprint }) => [hash, fingerprint]))
  const { rows } = await selectReplies(tx, [...asked.keys()])
  return new Map(
    rows.map(({ hash, fingerprint, reply }) => [
      hash,
      fingerprint === asked.get(hash) ? { ok: true, reply } : { ok: false, error: keyMismatch() },
    ]),
  )
}

const insertReplies = statement<{ hash: string }>(
  'insert idempotency',
  `insert into actor.idempotency as i (slot, key_hash, fingerprint, reply, expires_at)
   select s.slot, r.hash, r.fingerprint, r.reply, now() + interval '24 hours'
   from json_to_recordset($1::json) as r(hash text, fingerprint text, reply json)
     cross join (select ${slot('now()')} union select ${slot("now() - interval '5 seconds'")}) s(slot)
   order by r.hash, s.slot
   on conflict (slot, key_hash) do update
     set fingerprint = excluded.fingerprint, reply = excluded.reply, expires_at = excluded.expires_at
     where i.expires_at <= now()
   returning key_hash as hash`,
)

/**
 * Stores replies in the transaction of what they answer, keys in sorted order. Waits for a transaction that is storing
 * one of the same keys.
 * @returns whether all were stored; else another transaction has used a key since we looked, and ours must not commit
 */
export async function storeReplies(
  tx: Queryable,
  replies: readonly (IdempotencyKey & { reply: unknown })[],
): Promise<boolean> {
  if (replies.length === 0) return true
  const { rows } = await insertReplies(tx, JSON.stringify(replies))
  return new Set(rows.map(({ hash }) => hash)).size === replies.length
}

/** Empties the partition that is used next: all it holds has expired. @returns how many partitions: 1, or 0 */
export async function dropExpiredReplies(query: Queryable): Promise<number> {
  const { rows } = await query.execute<{ next: number }>(
    sql`select ${sql.raw(slot("now() + interval '12 hours'"))} as next`,
  )
  const partition = sql.raw(`actor.idempotency_${rows[0]?.next ?? 0}`)
  const left = await query.execute(sql`select 1 from ${partition} limit 1`)
  if (left.rows.length > 0) await query.execute(sql`truncate ${partition}`)
  return left.rows.length
}
