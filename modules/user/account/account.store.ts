import { desc, eq, lt, sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { User } from '../contract.ts'
import { account } from '../schema.ts'

export type AccountRow = typeof account.$inferSelect
type NewAccount = Omit<AccountRow, 'createdAt' | 'passwordExpiresAt' | 'isDemo' | 'disabledAt'> &
  Partial<Pick<AccountRow, 'passwordExpiresAt' | 'isDemo'>>

/** The new account; undefined when its email is taken. Of two concurrent inserts the unique index accepts one. */
export async function insertAccount(tx: Queryable, row: NewAccount): Promise<AccountRow | undefined> {
  const [inserted] = await tx.insert(account).values(row).onConflictDoNothing({ target: account.email }).returning()
  return inserted
}

/** Inserts the account, or updates all but the id of the one with this email. */
export async function upsertAccount(tx: Queryable, { id, email, ...row }: NewAccount): Promise<void> {
  await tx
    .insert(account)
    .values({ id, email, ...row })
    .onConflictDoUpdate({ target: account.email, set: row })
}

/** Sets a password; `passwordExpiresAt` is that of a generated one. */
export async function updatePassword(
  tx: Queryable,
  id: string,
  password: { passwordHash: string; passwordExpiresAt: Date | null },
): Promise<void> {
  await tx.update(account).set(password).where(eq(account.id, id))
}

export async function findAccountByEmail(tx: Queryable, email: string): Promise<AccountRow | undefined> {
  const [found] = await tx.select().from(account).where(eq(account.email, email))
  return found
}

export async function findAccount(tx: Queryable, id: string): Promise<AccountRow | undefined> {
  const [found] = await tx.select().from(account).where(eq(account.id, id))
  return found
}

export async function setDisabled(tx: Queryable, id: string, isDisabled: boolean): Promise<void> {
  await tx
    .update(account)
    .set({ disabledAt: isDisabled ? sql`now()` : null })
    .where(eq(account.id, id))
}

/** The accounts of staff, the oldest first. */
export async function listStaffAccounts(tx: Queryable): Promise<AccountRow[]> {
  return tx.select().from(account).where(eq(account.role, 'staff')).orderBy(account.id)
}

/** The newest accounts, or those older than `before` (an account's id). */
export async function listAccounts(
  tx: Queryable,
  page: { before: string | undefined; limit: number },
): Promise<AccountRow[]> {
  return tx
    .select()
    .from(account)
    .where(page.before === undefined ? undefined : lt(account.id, page.before))
    .orderBy(desc(account.id))
    .limit(page.limit)
}

/** The account as clients see it, without the password hash. */
export function asUser(row: AccountRow): User {
  const { id, email, name, locale, role, passwordExpiresAt, createdAt } = row
  return {
    id,
    email,
    name,
    locale,
    role,
    passwordExpiresAt: passwordExpiresAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}
