import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { canonicalJson } from '#canonical-json'
import { isLockTimeout, type Queryable } from '#db'

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

/** How long a stored reply is kept, hours. */
const keptHours = 24

/** The first request with this key is being handled by another process at this moment. */
export class KeyInFlightError extends Error {
  override readonly name = 'KeyInFlightError'
}

export interface StoredReply {
  fingerprint: string
  reply: unknown
}

/**
 * Takes the keys that are new (in sorted order: everybody locks alike) and reads what the others were answered.
 * Waits for a transaction that holds one of them.
 * @throws KeyInFlightError when that takes longer than the lock time-out
 */
export async function takeKeys(tx: Queryable, keys: readonly IdempotencyKey[]): Promise<Map<string, StoredReply>> {
  if (keys.length === 0) return new Map()
  const taken = await tx
    .execute<{ key_hash: string }>(sql`
      insert into actor.idempotency (key_hash, fingerprint, expires_at)
      select r.hash, r.fingerprint, now() + make_interval(hours => ${keptHours})
      from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as r(hash text, fingerprint text) order by r.hash
      on conflict (key_hash) do update set fingerprint = excluded.fingerprint, reply = null, expires_at = excluded.expires_at
        where idempotency.expires_at < now()
      returning key_hash`)
    .catch((error: unknown) => {
      throw isLockTimeout(error)
        ? new KeyInFlightError('an idempotency key is held by another transaction', { cause: error })
        : error
    })
  if (taken.rows.length === keys.length) return new Map()
  const mine = new Set(taken.rows.map((row) => row.key_hash))
  const known = keys.filter(({ hash }) => !mine.has(hash)).map(({ hash }) => hash)
  const stored = await tx.execute<{ key_hash: string; fingerprint: string; reply: unknown }>(
    sql`select key_hash, fingerprint, reply from actor.idempotency where key_hash = any(${sql.param(known)}::text[])`,
  )
  return new Map(stored.rows.map(({ key_hash: hash, fingerprint, reply }) => [hash, { fingerprint, reply }]))
}

/** Stores replies beside what they answer; keys without one are given back, so that the request can be tried again. */
export async function storeReplies(
  tx: Queryable,
  replies: ReadonlyMap<string, unknown>,
  givenBack: readonly string[],
): Promise<void> {
  if (replies.size > 0) {
    const rows = [...replies].map(([hash, reply]) => ({ hash, reply }))
    await tx.execute(sql`
      update actor.idempotency i set reply = r.reply
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(hash text, reply json) where i.key_hash = r.hash`)
  }
  if (givenBack.length > 0)
    await tx.execute(sql`delete from actor.idempotency where key_hash = any(${sql.param(givenBack)}::text[])`)
}

/** Deletes replies older than they are kept, `most` at a time. @returns how many */
export async function deleteExpiredKeys(query: Queryable, most: number): Promise<number> {
  const result = await query.execute(sql`
    delete from actor.idempotency where key_hash in (
      select key_hash from actor.idempotency where expires_at < now() order by expires_at limit ${most} for update skip locked)`)
  return result.rowCount ?? 0
}
