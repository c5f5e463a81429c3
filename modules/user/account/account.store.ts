import { desc, eq, lt } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { User } from '../contract.ts'
import { account } from '../schema.ts'

export type AccountRow = typeof account.$inferSelect
type NewAccount = Omit<AccountRow, 'createdAt'>

/** The new account; undefined when its email is taken. Of two concurrent inserts the unique index accepts one. */
export async function insertAccount(tx: Queryable, row: NewAccount): Promise<AccountRow | undefined> {
  const [inserted] = await tx.insert(account).values(row).onConflictDoNothing({ target: account.email }).returning()
  return inserted
}

/** Inserts the account, or updates name, locale, role and password of the one with this email, which keeps its id. */
export async function upsertAccount(tx: Queryable, row: NewAccount): Promise<void> {
  const { name, locale, role, passwordHash } = row
  await tx
    .insert(account)
    .values(row)
    .onConflictDoUpdate({ target: account.email, set: { name, locale, role, passwordHash } })
}

export async function findAccountByEmail(tx: Queryable, email: string): Promise<AccountRow | undefined> {
  const [found] = await tx.select().from(account).where(eq(account.email, email))
  return found
}

export async function findAccount(tx: Queryable, id: string): Promise<AccountRow | undefined> {
  const [found] = await tx.select().from(account).where(eq(account.id, id))
  return found
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
  const { id, email, name, locale, role, createdAt } = row
  return { id, email, name, locale, role, createdAt: createdAt.toISOString() }
}
