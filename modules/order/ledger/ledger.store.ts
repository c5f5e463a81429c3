import { asc, eq } from 'drizzle-orm'
import { bulkInsert, type Queryable } from '#db'
import { entriesOf, type LedgerEntry, type MoneyMovement } from './ledger.rules.ts'
import { ledgerEntries } from '../schema.ts'

/** SQL of the ledger. */

/**
 * Books movements in one statement. A movement that is booked already stays as it is.
 * Invariant, kept by triggers: the entries of a movement sum to zero, and none is changed or deleted.
 */
export async function bookMoney(tx: Queryable, movements: readonly MoneyMovement[], now: Date): Promise<void> {
  if (movements.length === 0) return
  const rows = movements.flatMap(entriesOf).map((entry) => ({ ...entry, at: now }))
  await insertEntries(tx, rows)
}

const insertEntries = bulkInsert(ledgerEntries, { onConflict: 'on conflict do nothing' })

/** An order's entries, oldest first. */
export async function ledgerOf(query: Queryable, orderId: string): Promise<(LedgerEntry & { at: Date })[]> {
  return query
    .select()
    .from(ledgerEntries)
    .where(eq(ledgerEntries.orderId, orderId))
    .orderBy(asc(ledgerEntries.at), asc(ledgerEntries.movementId), asc(ledgerEntries.account))
}
