import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Queryable } from '#db'
import type { Session } from '#rpc'
import { account, session } from '../schema.ts'
import { createToken, hashToken } from './token.ts'

const isLastSeenStale = lt(session.lastSeenAt, sql`now() - interval '1 hour'`)

/** Starts a session. @returns its token, of which only the hash is stored */
export async function insertSession(tx: Queryable, accountId: string, days: number): Promise<string> {
  const token = createToken()
  await tx.insert(session).values({
    id: uuidv7(),
    accountId,
    tokenHash: hashToken(token),
    expiresAt: sql`now() + make_interval(days => ${days})`,
  })
  return token
}

/** The unexpired session of this token, by Postgres's clock. `isStale`: its `last_seen_at` is over an hour old. */
export async function findSession(tx: Queryable, token: string): Promise<(Session & { isStale: boolean }) | undefined> {
  const [found] = await tx
    .select({
      id: session.id,
      userId: account.id,
      email: account.email,
      role: account.role,
      locale: account.locale,
      isStale: sql<boolean>`${isLastSeenStale}`,
    })
    .from(session)
    .innerJoin(account, eq(account.id, session.accountId))
    .where(and(eq(session.tokenHash, hashToken(token)), gt(session.expiresAt, sql`now()`)))
  return found
}

/** Updates `last_seen_at`; of concurrent calls only the first writes. */
export async function touchSession(tx: Queryable, id: string): Promise<void> {
  await tx
    .update(session)
    .set({ lastSeenAt: sql`now()` })
    .where(and(eq(session.id, id), isLastSeenStale))
}

export async function deleteSession(tx: Queryable, token: string): Promise<void> {
  await tx.delete(session).where(eq(session.tokenHash, hashToken(token)))
}

/** Deletes at most `limit` expired sessions. Concurrent replicas share the work. @returns the number deleted */
export async function deleteExpiredSessions(tx: Queryable, limit: number): Promise<number> {
  const expired = tx
    .select({ id: session.id })
    .from(session)
    .where(lt(session.expiresAt, sql`now()`))
    .orderBy(asc(session.expiresAt))
    .limit(limit)
    .for('update', { skipLocked: true })
  const deleted = await tx.delete(session).where(inArray(session.id, expired))
  return deleted.rowCount ?? 0
}
