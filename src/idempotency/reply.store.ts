import { sql } from 'drizzle-orm'
import { statement, type Queryable } from '#db'
import { keyMismatch, type IdempotencyKey } from './key.ts'

/**
 * Rotating partitions: replies are kept 24 h in four partitions of 12 h each; the next one is truncated before its
 * turn. In the first 5 s of a partition a key is also written to the previous one, because a transaction that began
 * there may be using the same key (transactions last at most 3 s).
 */
const slot = (moment: string) => `(floor(extract(epoch from ${moment}) / 43200)::bigint % 4)::smallint`

const selectReplies = statement<{ hash: string; fingerprint: string; reply: unknown }>(
  'select idempotency',
  `select key_hash as hash, fingerprint, reply from actor.idempotency
   where slot = any(array[${[0, 12, 24].map((hours) => slot(`now() - interval '${hours} hours'`)).join(', ')}])
     and key_hash = any($1::text[]) and expires_at > now()`,
)

/** The result of one request: its reply, or the error that its caller gets. */
export type RequestResult = { ok: true; reply: unknown } | { ok: false; error: unknown }

/**
 * Stored replies by the hash of their key; an error where the key was used for another request. Must run as a statement
 * of its own after the actors of the requests are locked, or it may miss a reply that was committed meanwhile.
 */
export async function readReplies(tx: Queryable, keys: readonly IdempotencyKey[]): Promise<Map<string, RequestResult>> {
  if (keys.length === 0) return new Map()
  const fingerprints = new Map(keys.map(({ hash, fingerprint }) => [hash, fingerprint]))
  const { rows } = await selectReplies(tx, [...fingerprints.keys()])
  return new Map(
    rows.map(({ hash, fingerprint, reply }) => [
      hash,
      fingerprint === fingerprints.get(hash) ? { ok: true, reply } : { ok: false, error: keyMismatch() },
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
 * Stores replies in the transaction of their requests, in the order of their keys. Waits for any other transaction that
 * is storing one of the keys.
 * @returns whether all were stored; otherwise another transaction has used a key meanwhile, and this one must not
 *   commit
 */
export async function storeReplies(
  tx: Queryable,
  replies: readonly (IdempotencyKey & { reply: unknown })[],
): Promise<boolean> {
  if (replies.length === 0) return true
  const { rows } = await insertReplies(tx, JSON.stringify(replies))
  return new Set(rows.map(({ hash }) => hash)).size === replies.length
}

/** Truncates the partition that is used next, whose replies have all expired. @returns partitions truncated: 0 or 1 */
export async function truncateExpiredReplies(query: Queryable): Promise<number> {
  const { rows } = await query.execute<{ next: number }>(
    sql`select ${sql.raw(slot("now() + interval '12 hours'"))} as next`,
  )
  const partition = sql.raw(`actor.idempotency_${rows[0]?.next ?? 0}`)
  const left = await query.execute(sql`select 1 from ${partition} limit 1`)
  if (left.rows.length > 0) await query.execute(sql`truncate ${partition}`)
  return left.rows.length
}
