import { and, desc, eq, gte, inArray, isNotNull, lt, sql, type SQL } from 'drizzle-orm'
import { bulkInsert, bulkUpdate, selectList, jsonObject, statement, pipelined, type Queryable } from '#db'
import { emailSchema } from '#schemas'
import type { AttentionReason } from '../admin.contract.ts'
import type { FulfilmentStatus, OrderStatus, PaymentStatus } from '../contract.ts'
import { orderEvents, orderLines, orders, payments } from '../schema.ts'
import { canonicalOrderNumber } from './order-number.rules.ts'
import { noRecords, type EventState, type OrderRecords, type OrderState, type PayableOrder } from './order.state.ts'
import { loadRecords, saveRecords } from './records.store.ts'

/** SQL of orders, with their lines, timeline and payment. */

const lock = statement('lock orders', 'select 1 from "order".orders where id = any($1::uuid[]) order by id for update')

export async function lockOrders(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await lock(tx, ids)
}

/** Loads the order's own row, lines, timeline and payment in one statement; its records have statements of their own. */
const load = statement<LoadedOrder>(
  'load orders',
  `select ${selectList(orders, 'o', ['updatedAt'])},
     (select json_agg(${jsonObject(orderLines, 'l', ['orderId', 'position'])} order by l.position)
      from "order".order_line l where l.order_id = o.id) as lines,
     (select json_agg(${jsonObject(orderEvents, 'e', ['orderId', 'position'])} order by e.position)
      from "order".order_event e where e.order_id = o.id) as timeline,
     (select ${jsonObject(payments, 'p', ['orderId'])} from "order".payment p where p.order_id = o.id) as payment
   from "order".orders o where o.id = any($1::uuid[])`,
)

type LoadedOrder = Omit<OrderState, keyof OrderRecords | 'timeline'> & {
  timeline: (Omit<EventState, 'at'> & { at: string })[]
}

export async function loadOrders(query: Queryable, ids: readonly string[]): Promise<Map<string, OrderState>> {
  if (ids.length === 0) return new Map()
  const { rows } = await load(query, ids)
  const recordsOf = await loadRecords(query, rows)
  return new Map(
    rows.map((row) => {
      const timeline = row.timeline.map((entry) => ({ ...entry, at: new Date(entry.at) }))
      return [row.id, { ...row, timeline, ...(recordsOf.get(row.id) ?? noRecords()) }]
    }),
  )
}

export async function loadOrder(query: Queryable, id: string): Promise<OrderState | undefined> {
  return (await loadOrders(query, [id])).get(id)
}

const loadPayable = statement<PayableOrder>(
  'load payable orders',
  `select o.id, o.status, o.payment_status as "paymentStatus", o.total_minor as "totalMinor", o.currency,
     ${jsonObject(payments, 'p', ['orderId'])} as payment
   from "order".orders o join "order".payment p on p.order_id = o.id where o.id = any($1::uuid[])`,
)

/** Loads only the part that the payment effect reads, since it runs twice for each order. */
export async function loadPayableOrders(query: Queryable, ids: readonly string[]): Promise<Map<string, PayableOrder>> {
  return new Map((await loadPayable(query, ids)).rows.map((row) => [row.id, row]))
}

/** Finds the order by the provider's id of its payment. */
export async function findOrderByIntent(query: Queryable, intentId: string): Promise<OrderState | undefined> {
  const [row] = await query
    .select({ id: payments.orderId })
    .from(payments)
    .where(eq(payments.intentId, intentId))
    .limit(1)
  return row === undefined ? undefined : loadOrder(query, row.id)
}

/** The account (null for a guest) whose order was made of this cart; undefined while the cart is not ordered. */
export async function findOwnerOfOrderedCart(
  query: Queryable,
  cartId: string,
): Promise<{ userId: string | null } | undefined> {
  const [row] = await query.select({ userId: orders.userId }).from(orders).where(eq(orders.cartId, cartId)).limit(1)
  return row
}

/** Staff's search for orders. An absent field matches every order. */
export interface OrderFilter {
  status?: OrderStatus | undefined
  paymentStatus?: PaymentStatus | undefined
  fulfilmentStatus?: FulfilmentStatus | undefined
  /** In any form. */
  attention?: AttentionReason | 'any' | undefined
  number?: string | undefined
  /** A whole address, or the beginning of one. */
  email?: string | undefined
  /** Inclusive. */
  placedFrom?: string | undefined
  /** Exclusive. */
  placedTo?: string | undefined
}

/**
 * Keyset pagination: a page of orders, newest first, after the position `before`. It follows the index on the time of
 * placing. The statuses have no index: it would cost every order several more index writes, for a rare query.
 */
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
    ...conditionsOf(page),
  ]
  const rows = await query
    .select({ id: orders.id })
    .from(orders)
    .where(and(...conditions))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(limit)
  const found = await loadOrders(
    query,
    rows.map(({ id }) => id),
  )
  return rows.flatMap(({ id }) => found.get(id) ?? [])
}

const conditionsOf = (filter: OrderFilter): (SQL | undefined)[] => [
  filter.status && eq(orders.status, filter.status),
  filter.paymentStatus && eq(orders.paymentStatus, filter.paymentStatus),
  filter.fulfilmentStatus && eq(orders.fulfilmentStatus, filter.fulfilmentStatus),
  filter.number === undefined ? undefined : eq(orders.number, canonicalOrderNumber(filter.number)),
  filter.email === undefined ? undefined : emailCondition(filter.email),
  filter.attention && isNotNull(orders.attention),
  filter.attention && filter.attention !== 'any' ? sql`${orders.attention} ? ${filter.attention}` : undefined,
  filter.placedFrom === undefined ? undefined : gte(orders.placedAt, new Date(filter.placedFrom)),
  filter.placedTo === undefined ? undefined : lt(orders.placedAt, new Date(filter.placedTo)),
]

/** A whole address is compared as such: `ann@example.co` does not find `ann@example.com`. */
function emailCondition(written: string): SQL {
  const email = written.normalize('NFC').toLowerCase()
  if (emailSchema.safeParse(email).success) return sql`lower(${orders.email}) = ${email}`
  return sql`lower(${orders.email}) like ${`${email.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`}`
}

const insertOrders = bulkInsert(orders)
const insertLines = bulkInsert(orderLines)
const insertEvents = bulkInsert(orderEvents)
const insertPayments = bulkInsert(payments)
const updateOrders = bulkUpdate(orders, {
  key: 'id',
  set: [
    'userId',
    'reviewSince',
    'status',
    'paymentStatus',
    'fulfilmentStatus',
    'cancelledBy',
    'hasRecords',
    'attention',
    'lastSentAt',
    'version',
    'paymentDeadline',
    'updatedAt',
  ],
})
const updatePayments = bulkUpdate(payments, {
  key: 'orderId',
  set: ['methodId', 'token', 'intentId', 'attempt', 'wanted', 'actionUrl', 'heldMinor', 'capturedMinor', 'feeMinor'],
})

/**
 * Inserts new orders whole, and writes the changes of known ones.
 * @param options.before the states as loaded; an order that is absent there is new
 */
export async function saveOrders(
  tx: Queryable,
  states: readonly OrderState[],
  { before, now }: { before: ReadonlyMap<string, OrderState>; now: Date },
): Promise<void> {
  const rows = states.map((state) => ({ ...rowOf(state), updatedAt: now }))
  const paymentRows = states.map(({ id, payment }) => ({ ...payment, orderId: id }))
  const isNew = (id: string): boolean => !before.has(id)
  const created = states.filter(({ id }) => isNew(id))
  const positioned = <Part extends object>(id: string, parts: readonly Part[]) =>
    parts.map((part, position) => ({ ...part, orderId: id, position }))
  await pipelined([
    insertOrders(
      tx,
      rows.filter(({ id }) => isNew(id)),
    ),
    insertLines(
      tx,
      created.flatMap(({ id, lines }) => positioned(id, lines)),
    ),
    insertPayments(
      tx,
      paymentRows.filter(({ orderId }) => isNew(orderId)),
    ),
    updateOrders(
      tx,
      rows.filter(({ id }) => !isNew(id)),
    ),
    updatePayments(
      tx,
      states.flatMap(({ id, payment }, index) => {
        const known = before.get(id)
        const row = paymentRows[index]
        return known === undefined || known.payment === payment || row === undefined ? [] : [row]
      }),
    ),
    // The timeline is append-only.
    insertEvents(
      tx,
      states.flatMap(({ id, timeline }) => positioned(id, timeline).slice(before.get(id)?.timeline.length ?? 0)),
    ),
    saveRecords(tx, states),
  ])
}

/** The order's own row, without the parts that have tables of their own. */
function rowOf(state: OrderState): Omit<typeof orders.$inferSelect, 'updatedAt'> {
  const { lines, timeline, payment, fulfilments, cancellations, returns, refunds, disputes, ...row } = state
  return row
}

/** Versions of these orders, by id. */
export async function orderVersions(query: Queryable, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await query
    .select({ id: orders.id, version: orders.version })
    .from(orders)
    .where(inArray(orders.id, [...ids]))
  return new Map(rows.map(({ id, version }) => [id, version]))
}
