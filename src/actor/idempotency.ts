import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { canonicalJson } from '#canonical-json'
import { statement, type Queryable } from '#db'
import { AppError } from '#errors'

/** A client's key for one request. Its scope is the procedure and the caller: others' keys never collide with it. */
export interface IdempotencyKey {
  readonly hash: string
  readonly fingerprint: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * @param scope procedure and caller, such as `order.place:cart:<id>`
 * @param request everything the request asks for, without the key itself
 */
export const idempotencyKey = (scope: string, key: string, request: unknown): IdempotencyKey => ({
  hash: sha256(`${scope}\n${key}`),
  fingerprint: sha256(canonicalJson(request)),
})

export const keyMismatch = (): AppError => new AppError('idempotency_mismatch', { field: 'idempotencyKey' })

export interface StoredReply {
  fingerprint: string
  reply: unknown
}

/** Another transaction has used one of these keys since we looked: the turn must not commit, and will see its reply. */
export class KeyTakenError extends Error {
  override readonly name = 'KeyTakenError'
}

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

/** What requests with these keys were answered. To be read after their actors are locked, in a statement of its own. */
export async function readReplies(tx: Queryable, hashes: readonly string[]): Promise<Map<string, StoredReply>> {
  if (hashes.length === 0) return new Map()
  const { rows } = await selectReplies(tx, hashes)
  return new Map(rows.map(({ hash, ...stored }) => [hash, stored]))
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
 * @throws KeyTakenError
 */
export async function storeReplies(tx: Queryable, replies: readonly ({ hash: string } & StoredReply)[]): Promise<void> {
  if (replies.length === 0) return
  const { rows } = await insertReplies(tx, JSON.stringify(replies))
  if (new Set(rows.map(({ hash }) => hash)).size !== replies.length)
    throw new KeyTakenError('an idempotency key was used by another transaction')
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
