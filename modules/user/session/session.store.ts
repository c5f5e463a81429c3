import { and, asc, desc, eq, gt, inArray, isNull, lt, ne, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import type { Queryable } from '#db'
import type { Session } from '#rpc'
import type { OwnSession } from '../contract.ts'
import { account, session } from '../schema.ts'
import type { Lifetime } from './lifetime.ts'
import { createToken, hashToken } from './token.ts'

/** Sessions of one account. A login beyond it ends the one that was used longest ago. */
const perAccountMax = 20

const inMinutes = (minutes: number) => sql`now() + make_interval(mins => ${minutes})`
const isLive = gt(session.expiresAt, sql`now()`)
const isLastSeenStale = lt(session.lastSeenAt, sql`now() - interval '5 minutes'`)

/** Starts a session. @returns its token, of which only the hash is stored */
export async function insertSession(
  tx: Queryable,
  { accountId, device, lifetime }: { accountId: string; device: string | null; lifetime: Lifetime },
): Promise<string> {
  const token = createToken()
  await tx.insert(session).values({
    id: uuidv7(),
    accountId,
    tokenHash: hashToken(token),
    device,
    endsAt: inMinutes(lifetime.absoluteMinutes),
    expiresAt: inMinutes(Math.min(lifetime.idleMinutes, lifetime.absoluteMinutes)),
  })
  return token
}

/** Ends the sessions of the account beyond the limit. To be called after the insert has committed: concurrent logins then keep it together. */
export async function endSurplusSessions(tx: Queryable, accountId: string): Promise<void> {
  const surplus = tx
    .select({ id: session.id })
    .from(session)
    .where(eq(session.accountId, accountId))
    .orderBy(desc(session.lastSeenAt), desc(session.id))
    .offset(perAccountMax)
  await tx.delete(session).where(inArray(session.id, surplus))
}

export type FoundSession = Session & { isStale: boolean; isDemo: boolean }

/** The live session of this token, by Postgres's clock. `isStale`: its `last_seen_at` is over 5 minutes old. */
export async function findSession(tx: Queryable, token: string): Promise<FoundSession | undefined> {
  const [found] = await tx
    .select({
      id: session.id,
      userId: account.id,
      email: account.email,
      role: account.role,
      locale: account.locale,
      isDemo: account.isDemo,
      isStale: sql<boolean>`${isLastSeenStale}`,
    })
    .from(session)
    .innerJoin(account, eq(account.id, session.accountId))
    .where(and(eq(session.tokenHash, hashToken(token)), isLive, isNull(account.disabledAt)))
  return found
}

/** Records the use of a session, which extends it; of concurrent calls only the first writes. */
export async function touchSession(tx: Queryable, id: string, { idleMinutes }: Lifetime): Promise<void> {
  await tx
    .update(session)
    .set({ lastSeenAt: sql`now()`, expiresAt: sql`least(${session.endsAt}, ${inMinutes(idleMinutes)})` })
    .where(and(eq(session.id, id), isLastSeenStale))
}

/** The ids of those sessions that have neither ended nor expired. */
export async function findLiveSessions(tx: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .select({ id: session.id })
    .from(session)
    .where(and(inArray(session.id, [...ids]), isLive))
  return new Set(rows.map(({ id }) => id))
}

/** The live sessions of an account, the last used first. */
export async function listSessions(tx: Queryable, accountId: string, currentId: string): Promise<OwnSession[]> {
  const rows = await tx
    .select()
    .from(session)
    .where(and(eq(session.accountId, accountId), isLive))
    .orderBy(desc(session.lastSeenAt), desc(session.id))
  return rows.map(({ id, device, createdAt, lastSeenAt }) => ({
    id,
    device,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastSeenAt.toISOString(),
    isCurrent: id === currentId,
  }))
}

/** @returns whether there was such a session of the account */
export async function deleteSession(tx: Queryable, accountId: string, id: string): Promise<boolean> {
  const deleted = await tx.delete(session).where(and(eq(session.id, id), eq(session.accountId, accountId)))
  return deleted.rowCount === 1
}

export async function deleteSessionOf(tx: Queryable, token: string): Promise<void> {
  await tx.delete(session).where(eq(session.tokenHash, hashToken(token)))
}

/** Ends the sessions of an account, all or all but `exceptId`. @returns how many */
export async function deleteSessions(tx: Queryable, accountId: string, exceptId?: string): Promise<number> {
  const deleted = await tx
    .delete(session)
    .where(and(eq(session.accountId, accountId), exceptId === undefined ? undefined : ne(session.id, exceptId)))
  return deleted.rowCount ?? 0
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
