import type { Attempt } from '../load/history.ts'
import type { Postgres } from '../shop/postgres.ts'
import type { ProviderIntent } from '../shop/provider.ts'

/** Inputs of the checker: the buyers' history, the payments booked by the provider, and a dump of the shop's database. */
export interface Facts {
  history: Attempt[]
  provider: ProviderIntent[]
  database: Database
  /** File names of the emails that were sent. */
  emails: string[]
  /** Differences between the shop's ledger and the provider's books, from the shop's own reconciliation report. */
  reconciliation: string[]
}

export interface Database {
  orders: StoredOrder[]
  carts: { id: string; orderId: string | null }[]
  stock: { sku: string; available: number; reserved: number; backordered: number }[]
  movements: { sku: string; kind: string; quantity: number; reference: string }[]
  /** Rows of the mailbox that are due or wait for a retry. Timers that are not due yet are left out. */
  messages: { id: number; kind: string; actorId: string; version: number; attempts: number; lastError: string | null }[]
  deadLetters: { id: number; kind: string; actorId: string; reason: string }[]
  /** The shop's ledger: the net amount on each account of an order, by kind of movement. */
  ledger: { orderId: string; account: string; kind: string; currency: string; amountMinor: number }[]
  /** Time of the dump on Postgres's clock, ms since the epoch. */
  nowMs: number
}

export interface StoredOrder {
  id: string
  cartId: string
  status: string
  paymentStatus: string
  totalMinor: number
  deadlineMs: number | null
  intentId: string | null
  lines: { sku: string; quantity: number }[]
  timeline: string[]
}

/** Reads all tables in one statement, so that they are of one snapshot. */
export async function dumpDatabase(postgres: Postgres): Promise<Database> {
  const [row] = await postgres.query<{ dump: Database }>(`
    select json_build_object(
      'orders', (select coalesce(json_agg(json_build_object(
          'id', o.id, 'cartId', o.cart_id, 'status', o.status, 'paymentStatus', o.payment_status,
          'totalMinor', o.total_minor, 'deadlineMs', (extract(epoch from o.payment_deadline) * 1000)::bigint,
          'intentId', (select p.intent_id from "order".payment p where p.order_id = o.id),
          'lines', (select coalesce(json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity)), '[]')
            from "order".order_line l where l.order_id = o.id),
          'timeline', (select coalesce(json_agg(e.event order by e.position), '[]')
            from "order".order_event e where e.order_id = o.id))), '[]') from "order".orders o),
      'carts', (select coalesce(json_agg(json_build_object('id', id, 'orderId', order_id)), '[]') from "order".cart),
      'stock', (select json_agg(json_build_object('sku', sku, 'available', available, 'reserved', reserved, 'backordered', backordered)) from product.stock),
      'movements', (select json_agg(json_build_object('sku', sku, 'kind', kind, 'quantity', quantity, 'reference', reference))
        from product.stock_movement),
      'messages', (select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'actorId', actor_id, 'version', version,
          'attempts', attempts, 'lastError', last_error)), '[]') from actor.mailbox where due_at <= now() or tries > 0),
      'deadLetters', (select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'actorId', actor_id, 'reason', reason)), '[]')
        from actor.dead_letter),
      'ledger', (select coalesce(json_agg(json_build_object('orderId', order_id, 'account', account, 'kind', kind, 'currency', currency,
          'amountMinor', amount)), '[]') from (select order_id, account, kind, currency, sum(amount_minor)::bigint as amount
          from "order".ledger_entry group by order_id, account, kind, currency) booked),
      'nowMs', (extract(epoch from clock_timestamp()) * 1000)::bigint) as dump`)
  if (row === undefined) throw new Error('the dump of the database returned no row')
  return row.dump
}
