import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'

/** Units in stock of one SKU, as somebody outside the shop has counted them. */
export interface StockCount {
  sku: string
  quantity: number
}

/** Number of these counts that differ from what the shop has available. SKUs that are not tracked or unknown agree. */
export async function countStockDifferences(query: Queryable, counts: StockCount[]): Promise<number> {
  if (counts.length === 0) return 0
  const { rows } = await query.execute<{ differing: number }>(sql`
    select count(*)::int as differing from product.stock s
    join jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as c(sku text, quantity int) using (sku)
    where s.policy <> 'untracked' and s.available <> c.quantity`)
  return rows[0]?.differing ?? 0
}

/**
 * Sets the units available to these counts in the caller's transaction, and records the differences in the ledger. What
 * open orders have reserved is not changed; back orders count as served. Returns the number of SKUs that changed.
 */
export async function setStock(
  tx: Queryable,
  counts: StockCount[],
  { reference, reason }: { reference: string; reason: string },
): Promise<number> {
  if (counts.length === 0) return 0
  const { rows } = await tx.execute<{ changed: number }>(sql`
    with counted as (
      select * from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as c(sku text, quantity int)
    ), locked as (
      select s.sku, c.quantity, c.quantity - (s.available - s.backordered) as difference
      from product.stock s join counted c using (sku)
      where s.policy <> 'untracked' and (s.available <> c.quantity or s.backordered > 0)
      order by s.sku for no key update of s
    ), changed as (
      update product.stock s set available = locked.quantity, backordered = 0 from locked
      where s.sku = locked.sku and locked.difference <> 0 returning s.sku
    ), logged as (
      insert into product.stock_movement (sku, kind, quantity, reference, reason)
      select sku, 'adjusted', difference, ${reference}, ${reason} from locked where difference <> 0
    )
    select count(*)::int as changed from changed`)
  return rows[0]?.changed ?? 0
}
