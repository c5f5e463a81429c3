import { and, asc, desc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { Queryable } from '#db'
import { filterConditions, type OrderFilter } from './order.filter.ts'
import { loadRecords, saveRecords } from './records.store.ts'
import { noRecords } from './records.ts'
import { orderEvents, orderLines, orders, payments } from './schema.ts'
import type { OrderState } from './state.ts'

/** SQL of orders, with their lines, timeline and payment. */

export async function lockOrders(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.execute(sql`select 1 from "order".orders where id = any(${sql.param(ids)}::uuid[]) order by id for update`)
}

export async function loadOrders(query: Queryable, ids: readonly string[]): Promise<Map<string, OrderState>> {
  if (ids.length === 0) return new Map()
  const states = await withParts(
    query,
    await query
      .select()
      .from(orders)
      .where(inArray(orders.id, [...ids])),
  )
  return new Map(states.map((state) => [state.id, state]))
}

export async function loadOrder(query: Queryable, id: string): Promise<OrderState | undefined> {
  return (await loadOrders(query, [id])).get(id)
}

/** The order that this payment of the provider's is for. */
export async function findOrderByIntent(query: Queryable, intentId: string): Promise<OrderState | undefined> {
  const [row] = await query
    .select({ id: payments.orderId })
    .from(payments)
    .where(eq(payments.intentId, intentId))
    .limit(1)
  return row === undefined ? undefined : loadOrder(query, row.id)
}

/** A page of orders, newest first, after the position `before`. */
export async function listOrders(
  query: Queryable,
  page: OrderFilter & { userId?: string; before: { placedAt: string; id: string } | undefined; limit: number },
): Promise<OrderState[]> {
  const { userId, before, limit } = page
  const conditions: (SQL | undefined)[] = [
    userId === undefined ? undefined : eq(orders.userId, userId),
    before === undefined
      ? undefined
      : sql`(${orders.placedAt}, ${orders.id}) < (${before.placedAt}::timestamptz, ${before.id}::uuid)`,
    ...filterConditions(page),
  ]
  const rows = await query
    .select()
    .from(orders)
    .where(and(...conditions))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(limit)
  return withParts(query, rows)
}

async function withParts(query: Queryable, rows: (typeof orders.$inferSelect)[]): Promise<OrderState[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const lines = await query
    .select()
    .from(orderLines)
    .where(inArray(orderLines.orderId, ids))
    .orderBy(asc(orderLines.position))
  const events = await query
    .select()
    .from(orderEvents)
    .where(inArray(orderEvents.orderId, ids))
    .orderBy(asc(orderEvents.position))
  const paid = await query.select().from(payments).where(inArray(payments.orderId, ids))
  const recordsOf = await loadRecords(query, rows)
  const linesOf = Map.groupBy(lines, ({ orderId }) => orderId)
  const eventsOf = Map.groupBy(events, ({ orderId }) => orderId)
  const paymentOf = new Map(paid.map((payment) => [payment.orderId, payment]))
  return rows.map(({ updatedAt: _, ...row }) => {
    const payment = paymentOf.get(row.id)
    if (payment === undefined) throw new Error('an order without its payment')
    const records = recordsOf.get(row.id) ?? noRecords()
    return { ...row, lines: linesOf.get(row.id) ?? [], timeline: eventsOf.get(row.id) ?? [], payment, ...records }
  })
}

/** Writes orders whole: new ones with their lines, known ones as they have become. */
export async function saveOrders(tx: Queryable, states: readonly OrderState[], now: Date): Promise<void> {
  if (states.length === 0) return
  await tx
    .insert(orders)
    .values(states.map((state) => ({ ...rowOf(state), updatedAt: now })))
    .onConflictDoUpdate({
      target: orders.id,
      set: {
        status: sql`excluded.status`,
        paymentStatus: sql`excluded.payment_status`,
        fulfilmentStatus: sql`excluded.fulfilment_status`,
        cancelledBy: sql`excluded.cancelled_by`,
        hasRecords: sql`excluded.has_records`,
        version: sql`excluded.version`,
        paymentDeadline: sql`excluded.payment_deadline`,
        updatedAt: sql`excluded.updated_at`,
      },
    })
  const fresh = states.filter(({ version }) => version === 1)
  const lines = fresh.flatMap((state) =>
    state.lines.map((line, position) => ({ ...line, orderId: state.id, position })),
  )
  if (lines.length > 0) await tx.insert(orderLines).values(lines)
  // Entries are only ever added: what is there already is the same.
  const events = states.flatMap((state) =>
    state.timeline.map((entry, position) => ({ ...entry, orderId: state.id, position })),
  )
  await tx.insert(orderEvents).values(events).onConflictDoNothing()
  await tx
    .insert(payments)
    .values(states.map(({ id, payment }) => ({ ...payment, orderId: id })))
    .onConflictDoUpdate({
      target: payments.orderId,
      set: {
        methodId: sql`excluded.method_id`,
        token: sql`excluded.token`,
        intentId: sql`excluded.intent_id`,
        attempt: sql`excluded.attempt`,
        wanted: sql`excluded.wanted`,
        actionUrl: sql`excluded.action_url`,
        heldMinor: sql`excluded.held_minor`,
        capturedMinor: sql`excluded.captured_minor`,
        feeMinor: sql`excluded.fee_minor`,
      },
    })
  await saveRecords(tx, states)
}

/** The order's own row: its parts lie in tables of their own. */
function rowOf(state: OrderState): Omit<typeof orders.$inferInsert, 'updatedAt'> {
  const { lines, timeline, payment, fulfilments, returns, refunds, disputes, ...row } = state
  return row
}

/** Versions of these orders, to see which of them have changed. */
export async function orderVersions(query: Queryable, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await query
    .select({ id: orders.id, version: orders.version })
    .from(orders)
    .where(inArray(orders.id, [...ids]))
  return new Map(rows.map(({ id, version }) => [id, version]))
}
