import { and, asc, desc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import { bulkInsert, bulkUpdate, statement, together, type Queryable } from '#db'
import { orderEvents, orderLines, orders, payments } from './schema.ts'
import type { OrderState } from './state.ts'

/** SQL of orders, with their lines, timeline and payment. */

const lock = statement('lock orders', 'select 1 from "order".orders where id = any($1::uuid[]) order by id for update')

export async function lockOrders(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await lock(tx, ids)
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

/** A page of orders, newest first, after the position `before`. */
export async function listOrders(
  query: Queryable,
  page: { userId?: string; before: { placedAt: string; id: string } | undefined; limit: number },
): Promise<OrderState[]> {
  const { userId, before, limit } = page
  const conditions: (SQL | undefined)[] = [
    userId === undefined ? undefined : eq(orders.userId, userId),
    before === undefined
      ? undefined
      : sql`(${orders.placedAt}, ${orders.id}) < (${before.placedAt}::timestamptz, ${before.id}::uuid)`,
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
  const linesOf = Map.groupBy(lines, ({ orderId }) => orderId)
  const eventsOf = Map.groupBy(events, ({ orderId }) => orderId)
  const paymentOf = new Map(paid.map((payment) => [payment.orderId, payment]))
  return rows.map(({ updatedAt: _, ...row }) => {
    const payment = paymentOf.get(row.id)
    if (payment === undefined) throw new Error('an order without its payment')
    return { ...row, lines: linesOf.get(row.id) ?? [], timeline: eventsOf.get(row.id) ?? [], payment }
  })
}

const insertOrders = bulkInsert(orders)
const insertLines = bulkInsert(orderLines)
const insertEvents = bulkInsert(orderEvents)
const insertPayments = bulkInsert(payments)
const updateOrders = bulkUpdate(orders, {
  key: 'id',
  set: ['status', 'paymentStatus', 'fulfilmentStatus', 'cancelledBy', 'version', 'paymentDeadline', 'updatedAt'],
})
const updatePayments = bulkUpdate(payments, {
  key: 'orderId',
  set: ['methodId', 'token', 'intentId', 'attempt', 'wanted', 'actionUrl'],
})

/**
 * Writes orders: new ones whole, known ones as they have become.
 * @param before as they were loaded; absent: the order is new
 */
export async function saveOrders(
  tx: Queryable,
  states: readonly OrderState[],
  { before, now }: { before: ReadonlyMap<string, OrderState>; now: Date },
): Promise<void> {
  const rows = states.map(({ lines: _, timeline: __, payment: ___, ...row }) => ({ ...row, updatedAt: now }))
  const paid = states.map(({ id, payment }) => ({ ...payment, orderId: id }))
  const fresh = states.filter(({ id }) => !before.has(id))
  const isNew = (id: string): boolean => !before.has(id)
  const positioned = <Part extends object>(id: string, parts: readonly Part[]) =>
    parts.map((part, position) => ({ ...part, orderId: id, position }))
  await together([
    insertOrders(
      tx,
      rows.filter(({ id }) => isNew(id)),
    ),
    insertLines(
      tx,
      fresh.flatMap(({ id, lines }) => positioned(id, lines)),
    ),
    insertPayments(
      tx,
      paid.filter(({ orderId }) => isNew(orderId)),
    ),
    updateOrders(
      tx,
      rows.filter(({ id }) => !isNew(id)),
    ),
    updatePayments(
      tx,
      states.flatMap(({ id, payment }, at) => {
        const known = before.get(id)
        const row = paid[at]
        return known === undefined || known.payment === payment || row === undefined ? [] : [row]
      }),
    ),
    // Entries are only ever added.
    insertEvents(
      tx,
      states.flatMap(({ id, timeline }) => positioned(id, timeline).slice(before.get(id)?.timeline.length ?? 0)),
    ),
  ])
}

/** Versions of these orders, to see which of them have changed. */
export async function orderVersions(query: Queryable, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await query
    .select({ id: orders.id, version: orders.version })
    .from(orders)
    .where(inArray(orders.id, [...ids]))
  return new Map(rows.map(({ id, version }) => [id, version]))
}
