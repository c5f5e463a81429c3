import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Queryable } from '#db'
import type { Session } from '#rpc'
import { account, session } from '../schema.ts'
import { createToken, hashToken } from './token.ts'

const seenAnHourAgo = lt(session.lastSeenAt, sql`now() - interval '1 hour'`)

/** Starts a session and returns its token, which exists nowhere else from here on. */
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

/** The session of this token while it lasts, by Postgres's clock; `isStale` when its last use is worth noting again. */
export async function findSession(tx: Queryable, token: string): Promise<(Session & { isStale: boolean }) | undefined> {
  const [found] = await tx
    .select({
      id: session.id,
      userId: account.id,
      email: account.email,
      role: account.role,
      locale: account.locale,
      isStale: sql<boolean>`${seenAnHourAgo}`,
    })
    .from(session)
    .innerJoin(account, eq(account.id, session.accountId))
    .where(and(eq(session.tokenHash, hashToken(token)), gt(session.expiresAt, sql`now()`)))
  return found
}

/** Notes that the session is in use; of many at once, the first writes and the others find nothing to do. */
export async function touchSession(tx: Queryable, id: string): Promise<void> {
  await tx
    .update(session)
    .set({ lastSeenAt: sql`now()` })
    .where(and(eq(session.id, id), seenAnHourAgo))
}

export async function deleteSession(tx: Queryable, token: string): Promise<void> {
  await tx.delete(session).where(eq(session.tokenHash, hashToken(token)))
}

/** Deletes at most `limit` expired sessions and says how many; replicas that do so at once share the work. */
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
