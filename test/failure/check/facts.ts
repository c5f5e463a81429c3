import type { Attempt } from '../load/history.ts'
import type { Postgres } from '../shop/postgres.ts'
import type { ProviderIntent } from '../shop/provider.ts'

/** What the checker judges by, and nothing else: what buyers were told, what the provider has booked, what the shop has stored. */
export interface Facts {
  history: Attempt[]
  provider: ProviderIntent[]
  database: Database
  /** File names of the letters that were sent. */
  letters: string[]
  /** Differences between our ledger and the provider's books, as the shop's own report tells them. */
  reconciliation: string[]
}

export interface Database {
  orders: StoredOrder[]
  carts: { id: string; orderId: string | null }[]
  stock: { sku: string; available: number; reserved: number }[]
  movements: { sku: string; kind: string; quantity: number; reference: string }[]
  /** Mail that is due, or was put off. Timers that wait for their time are none. */
  mail: { id: number; kind: string; actorId: string; version: number; attempts: number; lastError: string | null }[]
  parked: { id: number; kind: string; actorId: string; reason: string }[]
  /** Our own books: what each kind of movement has put on each account of an order. */
  ledger: { orderId: string; account: string; kind: string; currency: string; amountMinor: number }[]
  /** Moments on Postgres's clock, ms since the epoch. */
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

/** Reads everything in one snapshot. */
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
      'stock', (select json_agg(json_build_object('sku', sku, 'available', available, 'reserved', reserved)) from product.stock),
      'movements', (select json_agg(json_build_object('sku', sku, 'kind', kind, 'quantity', quantity, 'reference', reference))
        from product.stock_movement),
      'mail', (select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'actorId', actor_id, 'version', version,
          'attempts', attempts, 'lastError', last_error)), '[]') from actor.mailbox where due_at <= now() or tries > 0),
      'parked', (select coalesce(json_agg(json_build_object('id', id, 'kind', kind, 'actorId', actor_id, 'reason', reason)), '[]')
        from actor.dead_letter),
      'ledger', (select coalesce(json_agg(json_build_object('orderId', order_id, 'account', account, 'kind', kind, 'currency', currency,
          'amountMinor', amount)), '[]') from (select order_id, account, kind, currency, sum(amount_minor)::bigint as amount
          from "order".ledger_entry group by order_id, account, kind, currency) booked),
      'nowMs', (extract(epoch from clock_timestamp()) * 1000)::bigint) as dump`)
  if (row === undefined) throw new Error('the dump is empty')
  return row.dump
}
