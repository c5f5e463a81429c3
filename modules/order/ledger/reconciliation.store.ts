import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import { transaction, type Database, type Queryable } from '#db'
import type { Reconciliation, ReconciliationSummary } from '../admin.contract.ts'
import type { BookedMovement, FoundDifference, Window } from './reconciliation.rules.ts'
import { ledgerEntries, payments, reconciliationDifferences, reconciliationRuns } from '../schema.ts'

/** SQL of reconciliation: the ledger's entries on the account `provider`, and the reports. */

/** Differences stored with a report; further ones are only counted. */
const differencesMax = 1_000

const columns = {
  orderId: ledgerEntries.orderId,
  movementId: ledgerEntries.movementId,
  kind: ledgerEntries.kind,
  currency: ledgerEntries.currency,
  amountMinor: ledgerEntries.amountMinor,
  at: ledgerEntries.at,
}

type Booked = BookedMovement & { movementId: string }

/** Bookings within the window. Fees are left out: the provider alone determines them, so there is nothing to compare. */
export async function bookedWithin(query: Queryable, { from, to }: Window): Promise<Booked[]> {
  const rows = await query
    .select(columns)
    .from(ledgerEntries)
    .where(
      and(isCompared, sql`${ledgerEntries.at} >= ${from.toISOString()} and ${ledgerEntries.at} < ${to.toISOString()}`),
    )
  return rows.map(booked)
}

/** All bookings of these orders, of any time. */
export async function bookedFor(query: Queryable, orderIds: readonly string[]): Promise<Booked[]> {
  const rows = await query
    .select(columns)
    .from(ledgerEntries)
    .where(and(isCompared, inArray(ledgerEntries.orderId, [...orderIds])))
  return rows.map(booked)
}

const isCompared = sql`${ledgerEntries.account} = 'provider' and ${ledgerEntries.kind} not in ('fee', 'fee_returned')`
const booked = ({
  currency,
  amountMinor,
  ...row
}: Omit<Booked, 'amount'> & { currency: string; amountMinor: number }) => ({
  ...row,
  amount: { amount: amountMinor, currency },
})

/** Order ids by the provider's ids of their payments. */
export async function ordersOfIntents(query: Queryable, intentIds: readonly string[]): Promise<Map<string, string>> {
  if (intentIds.length === 0) return new Map()
  const rows = await query
    .select({ orderId: payments.orderId, intentId: payments.intentId })
    .from(payments)
    .where(inArray(payments.intentId, [...intentIds]))
  return new Map(rows.map(({ orderId, intentId }) => [intentId ?? '', orderId]))
}

export interface Report extends Window {
  id: string
  isDaily: boolean
  finishedAt: Date
  here: number
  there: number
  differences: readonly FoundDifference[]
}

export async function saveReport(database: Database, report: Report): Promise<void> {
  const { differences, from, to, ...run } = report
  const kept = differences.slice(0, differencesMax)
  await transaction(database, async (tx) => {
    await tx
      .insert(reconciliationRuns)
      .values({ ...run, windowFrom: from, windowTo: to, differences: differences.length })
    if (kept.length > 0)
      await tx
        .insert(reconciliationDifferences)
        .values(kept.map((difference, position) => ({ ...difference, runId: run.id, position })))
  })
}

/** The end of the last daily report's window, and the time of its oldest difference. */
export async function lastDaily(query: Queryable): Promise<{ to: Date; oldest: Date | null } | undefined> {
  const [run] = await query
    .select()
    .from(reconciliationRuns)
    .where(eq(reconciliationRuns.isDaily, true))
    .orderBy(desc(reconciliationRuns.finishedAt), desc(reconciliationRuns.id))
    .limit(1)
  if (run === undefined) return undefined
  const [difference] = await query
    .select({ at: reconciliationDifferences.at })
    .from(reconciliationDifferences)
    .where(eq(reconciliationDifferences.runId, run.id))
    .orderBy(asc(reconciliationDifferences.at))
    .limit(1)
  return { to: run.windowTo, oldest: difference?.at ?? null }
}

/** Keyset pagination: a page of reports, the latest first, after the position `before`. */
export async function listReports(
  query: Queryable,
  { before, limit }: { before: { at: string; id: string } | undefined; limit: number },
): Promise<ReconciliationSummary[]> {
  const rows = await query
    .select()
    .from(reconciliationRuns)
    .where(
      before === undefined
        ? undefined
        : sql`(${reconciliationRuns.finishedAt}, ${reconciliationRuns.id}) < (${before.at}::timestamptz, ${before.id}::uuid)`,
    )
    .orderBy(desc(reconciliationRuns.finishedAt), desc(reconciliationRuns.id))
    .limit(limit)
  return rows.map(summary)
}

const summary = (run: typeof reconciliationRuns.$inferSelect): ReconciliationSummary => ({
  id: run.id,
  from: run.windowFrom.toISOString(),
  to: run.windowTo.toISOString(),
  finishedAt: run.finishedAt.toISOString(),
  here: run.here,
  there: run.there,
  differences: run.differences,
})

export async function findReport(query: Queryable, id: string): Promise<Reconciliation | undefined> {
  const [run] = await query.select().from(reconciliationRuns).where(eq(reconciliationRuns.id, id))
  if (run === undefined) return undefined
  const rows = await query
    .select()
    .from(reconciliationDifferences)
    .where(eq(reconciliationDifferences.runId, id))
    .orderBy(asc(reconciliationDifferences.position))
  const money = (amount: number | null, currency: string) => (amount === null ? null : { amount, currency })
  return {
    ...summary(run),
    differences: rows.map(({ kind, movement, orderId, providerId, currency, hereMinor, thereMinor, at }) => ({
      kind,
      movement,
      orderId,
      providerId,
      here: money(hereMinor, currency),
      there: money(thereMinor, currency),
      at: at.toISOString(),
    })),
    isCut: run.differences > rows.length,
  }
}
