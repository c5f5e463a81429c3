import { asc, inArray, sql } from 'drizzle-orm'
import { pipelined, type Queryable } from '#db'
import { cancellations, disputes, fulfilments, refunds, returns } from '../schema.ts'
import { noRecords, type OrderRecords, type OrderState } from './order.state.ts'

/** SQL of after-sales records: fulfilments, cancellations, returns, refunds, disputes. */

/** Loads the records of the orders that have any; without such orders it sends no statement. */
export async function loadRecords(
  query: Queryable,
  orders: readonly { id: string; hasRecords: boolean }[],
): Promise<Map<string, OrderRecords>> {
  const ids = orders.filter(({ hasRecords }) => hasRecords).map(({ id }) => id)
  const found = new Map(ids.map((id) => [id, noRecords()]))
  if (ids.length === 0) return found
  const [sent, cancelled, back, refunded, disputed] = await pipelined([
    query
      .select()
      .from(fulfilments)
      .where(inArray(fulfilments.orderId, ids))
      .orderBy(asc(fulfilments.at), asc(fulfilments.id)),
    query
      .select()
      .from(cancellations)
      .where(inArray(cancellations.orderId, ids))
      .orderBy(asc(cancellations.at), asc(cancellations.id)),
    query.select().from(returns).where(inArray(returns.orderId, ids)).orderBy(asc(returns.at), asc(returns.id)),
    query
      .select()
      .from(refunds)
      .where(inArray(refunds.orderId, ids))
      .orderBy(asc(refunds.requestedAt), asc(refunds.id)),
    query
      .select()
      .from(disputes)
      .where(inArray(disputes.orderId, ids))
      .orderBy(asc(disputes.openedAt), asc(disputes.id)),
  ])
  for (const { orderId, ...row } of sent) found.get(orderId)?.fulfilments.push(row)
  for (const { orderId, ...row } of cancelled) found.get(orderId)?.cancellations.push(row)
  for (const { orderId, ...row } of back) found.get(orderId)?.returns.push(row)
  for (const { orderId, ...row } of refunded) found.get(orderId)?.refunds.push(row)
  for (const { orderId, ...row } of disputed) found.get(orderId)?.disputes.push(row)
  return found
}

/** Inserts new records, and updates refunds and disputes. */
export async function saveRecords(tx: Queryable, states: readonly OrderState[]): Promise<void> {
  const changed = states.filter(({ hasRecords }) => hasRecords)
  const rowsOf = <Row>(part: (state: OrderState) => Row[]): (Row & { orderId: string })[] =>
    changed.flatMap((state) => part(state).map((row) => ({ ...row, orderId: state.id })))

  const sent = rowsOf((state) => state.fulfilments)
  if (sent.length > 0) await tx.insert(fulfilments).values(sent).onConflictDoNothing()

  const cancelled = rowsOf((state) => state.cancellations)
  if (cancelled.length > 0) await tx.insert(cancellations).values(cancelled).onConflictDoNothing()

  const back = rowsOf((state) => state.returns)
  if (back.length > 0) await tx.insert(returns).values(back).onConflictDoNothing()

  const refunded = rowsOf((state) => state.refunds)
  if (refunded.length > 0) {
    await tx
      .insert(refunds)
      .values(refunded)
      .onConflictDoUpdate({
        target: [refunds.orderId, refunds.id],
        set: {
          status: sql`excluded.status`,
          providerRefundId: sql`excluded.provider_refund_id`,
          failure: sql`excluded.failure`,
          settledAt: sql`excluded.settled_at`,
        },
      })
  }

  const disputed = rowsOf((state) => state.disputes)
  if (disputed.length > 0) {
    await tx
      .insert(disputes)
      .values(disputed)
      .onConflictDoUpdate({
        target: [disputes.orderId, disputes.id],
        set: { status: sql`excluded.status`, feeMinor: sql`excluded.fee_minor`, closedAt: sql`excluded.closed_at` },
      })
  }
}

/**
 * Up to `limit` fulfilled orders whose last parcel was sent more than `days` ago and that have no money pending, oldest
 * first. It follows the index of fulfilled orders that are not closed, so an order whose money was pending for years is
 * found as soon as it no longer is.
 */
export async function findClosableOrders(
  query: Queryable,
  { days, limit }: { days: number; limit: number },
): Promise<string[]> {
  const { rows } = await query.execute<{ id: string }>(sql`
    select o.id from "order".orders o
    where o.last_sent_at < now() - make_interval(days => ${days})
    and not exists (select 1 from "order".refund r where r.order_id = o.id and r.status = 'pending')
    and not exists (select 1 from "order".dispute d where d.order_id = o.id and d.status = 'opened')
    order by o.last_sent_at limit ${limit}`)
  return rows.map(({ id }) => id)
}
