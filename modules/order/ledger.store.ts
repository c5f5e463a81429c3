import { asc, eq, sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { entriesOf, type LedgerEntry, type MoneyMovement } from './ledger.ts'
import { ledgerEntries } from './schema.ts'

/** SQL of the ledger. */

/**
 * Books these movements, all in one statement; one that is booked already stays as it is.
 * Invariant (a trigger): the entries of a movement sum to zero, and none is changed or deleted.
 */
export async function bookMoney(tx: Queryable, movements: readonly MoneyMovement[], now: Date): Promise<void> {
  if (movements.length === 0) return
  const rows = movements.flatMap(entriesOf)
  await tx.execute(sql`
    insert into "order".ledger_entry (order_id, movement_id, account, kind, currency, amount_minor, at)
    select r."orderId", r."movementId", r.account, r.kind, r.currency, r."amountMinor", ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r("orderId" uuid, "movementId" text, account text, kind text, currency text, "amountMinor" bigint)
    on conflict do nothing`)
}

/** An order's entries, oldest first. */
export async function ledgerOf(query: Queryable, orderId: string): Promise<(LedgerEntry & { at: Date })[]> {
  return query
    .select()
    .from(ledgerEntries)
    .where(eq(ledgerEntries.orderId, orderId))
    .orderBy(asc(ledgerEntries.at), asc(ledgerEntries.movementId), asc(ledgerEntries.account))
}
