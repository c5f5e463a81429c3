import { expect } from 'vitest'
import type { Fleet } from './fleet.ts'
import { waitFor } from './wait-for.ts'

/** Invariants of a shop at rest, whatever happened before. */

/** SKUs whose movements do not sum to available + reserved - backordered: none, ever. */
export const unbalancedStock = (fleet: Fleet): Promise<{ sku: string }[]> =>
  fleet.query(`
    select s.sku from product.stock s left join product.stock_movement m using (sku)
    group by s.sku having coalesce(sum(m.quantity), 0) <> s.available + s.reserved - s.backordered`)

/** Asserts that each order is paid and captured once by the provider's ledger, stock adds up, and no message is left. */
export async function expectSettled(
  fleet: Fleet,
  orderIds: readonly string[],
  { timeoutMs }: { timeoutMs: number },
): Promise<void> {
  const open = () => fleet.query<{ count: number }>(`select count(*)::int from "order".orders where status <> 'paid'`)
  await waitFor(async () => (await open())[0]?.count === 0, { timeoutMs, what: 'every order to be paid' })
  const pendingMessages = () =>
    fleet.query<{ kind: string; payload: unknown }>(
      `select kind, payload from actor.mailbox where kind not in ('housekeeping', 'reconciliation')`,
    )
  await waitFor(async () => (await pendingMessages()).length === 0, {
    timeoutMs: 20_000,
    what: 'the mailbox to be empty',
  })

  expect(await fleet.query('select kind, reason from actor.dead_letter')).toEqual([])
  const orders = await fleet.query<{ id: string; total_minor: number }>(
    'select id, total_minor::int from "order".orders',
  )
  expect(orders.map(({ id }) => id).toSorted()).toEqual([...orderIds].toSorted())
  const ledger = await fleet.ledger()
  const captures = Map.groupBy(
    ledger.filter(({ captured }) => captured > 0),
    ({ metadata }) => metadata['order_id'] ?? '',
  )
  for (const { id, total_minor: total } of orders) {
    const entries = captures.get(id) ?? []
    expect(
      entries.map(({ captures: times, captured, refunded }) => ({ times, captured, refunded })),
      `order ${id}`,
    ).toEqual([{ times: 1, captured: total, refunded: 0 }])
  }
  expect(captures.size, 'captures of orders that do not exist').toBe(orders.length)
  expect(await unbalancedStock(fleet)).toEqual([])
  expect(await fleet.query('select sku, reserved from product.stock where reserved <> 0')).toEqual([])
}
