import assert from 'node:assert/strict'
import { sql } from 'drizzle-orm'
import { statement, type Queryable } from '#db'
import { AppError } from '#errors'
import { quantityMax } from '#schemas'
import type { AdjustStockInput, StockLevel } from '../contract.ts'

/**
 * Change of one SKU's stock: `reserve` moves units from available to reserved, `release` moves them back, `take` removes
 * reserved units (sold), `return` makes sold units available again.
 */
export interface StockMovement {
  sku: string
  kind: 'reserve' | 'release' | 'take' | 'return'
  /** Units, at least 1. */
  quantity: number
  /** Cause of the movement, such as an order id. */
  reference: string
}

/** Null for a SKU that is sold beyond what is in stock. */
type Available = { sku: string; available: number | null }
const availableColumn = "case policy when 'tracked' then available end as available"

const selectStock = statement<Available>(
  'read stock',
  `select sku, ${availableColumn} from product.stock where sku = any($1::text[])`,
)
const selectLockedStock = statement<Available>(
  'lock stock',
  `select sku, ${availableColumn} from product.stock where sku = any($1::text[]) order by sku for no key update`,
)

/**
 * Units available per SKU, read without a lock, so {@link applyStock} may still fail. `Infinity` for a SKU that is not
 * tracked or is sold on back order. Unknown SKUs are absent.
 */
export async function readStock(query: Queryable, skus: string[]): Promise<Map<string, number>> {
  const { rows } = await selectStock(query, skus)
  return new Map(rows.map(({ sku, available }) => [sku, available ?? Infinity]))
}

/**
 * Locks the stock of these SKUs until the transaction ends and returns the units available of each, as
 * {@link readStock} does.
 *
 * One statement is enough under READ COMMITTED: the rows are sorted before they are locked, so every transaction locks in
 * the same order, and a row that was locked by another transaction is re-read as that transaction left it.
 */
export async function lockStock(tx: Queryable, skus: string[]): Promise<Map<string, number>> {
  const { rows } = await selectLockedStock(tx, skus)
  return new Map(rows.map(({ sku, available }) => [sku, available ?? Infinity]))
}

/**
 * Units of a stock row `s` that one order line can take now, in SQL: all that is available, or the largest quantity of a
 * line if the SKU is sold beyond its stock.
 */
export const sqlSellable = `case s.policy when 'tracked' then s.available else greatest(s.available, ${quantityMax}) end`

/** Whether a buyer of the stock row `s` has to wait for units to come in, in SQL. */
export const sqlIsBackorder = "(s.policy = 'backorder' and s.available = 0)"

/**
 * Applies movements in the caller's transaction, in one statement that locks rows in the order of SKUs.
 * Invariant: for every SKU the ledger sums to available + reserved - backordered, and none of them is negative. Units
 * reserved beyond the available ones count as backordered, unless the SKU is tracked; units that come in reduce that
 * count first. A change of the policy between two movements of an order is harmless, since all policies count alike.
 * Callers check availability first, optimistically with {@link readStock} or pessimistically with {@link lockStock}.
 * @throws when a movement violates the invariant (a CHECK constraint) or names an unknown SKU; the transaction fails.
 */
export async function applyStock(tx: Queryable, movements: StockMovement[]): Promise<void> {
  if (movements.length === 0) return
  const changes = [...sumBySku(movements).values()]
  const { rows } = await changeStock(tx, JSON.stringify(changes), JSON.stringify(movements.flatMap(ledgerEntry)))
  assert.equal(
    rows[0]?.changed,
    changes.length,
    `some of these SKUs have no stock record: ${changes.map(({ sku }) => sku).join(', ')}`,
  )
}

const changeStock = statement<{ changed: number }>(
  'apply stock',
  `with change as (
     select * from json_to_recordset($1::json) as c(sku text, available int, reserved int)
   ), locked as (
     select s.sku from product.stock s where s.sku in (select sku from change) order by s.sku for no key update
   ), changed as (
     update product.stock s set reserved = s.reserved + c.reserved,
       available = case when s.policy = 'tracked' and c.available < 0 then s.available + c.available
         else greatest(s.available - s.backordered + c.available, 0) end,
       backordered = case when s.policy = 'tracked' and c.available < 0 then s.backordered
         else greatest(s.backordered - s.available - c.available, 0) end
     from locked join change c using (sku) where s.sku = locked.sku returning s.sku
   ), logged as (
     insert into product.stock_movement (sku, kind, quantity, reference)
     select sku, kind, quantity, reference
     from json_to_recordset($2::json) as m(sku text, kind text, quantity int, reference text)
   )
   select count(*)::int as changed from changed`,
)

interface StockChange {
  sku: string
  available: number
  reserved: number
}

function sumBySku(movements: StockMovement[]): Map<string, StockChange> {
  const changes = new Map<string, StockChange>()
  for (const { sku, kind, quantity } of movements) {
    assert(
      Number.isSafeInteger(quantity) && quantity > 0,
      `a stock movement needs a positive whole quantity, not ${quantity}`,
    )
    const { available, reserved } = changes.get(sku) ?? { available: 0, reserved: 0 }
    const [availableDelta, reservedDelta] = deltaPerUnit[kind]
    changes.set(sku, {
      sku,
      available: available + availableDelta * quantity,
      reserved: reserved + reservedDelta * quantity,
    })
  }
  return changes
}

/** Change of `available` and of `reserved` per unit moved. */
const deltaPerUnit = { reserve: [-1, 1], release: [1, -1], take: [0, -1], return: [1, 0] } as const

/** Ledger entries of a movement. Reserving and releasing have none, since they do not change the units on hand. */
function ledgerEntry({ sku, kind, quantity, reference }: StockMovement) {
  switch (kind) {
    case 'reserve':
    case 'release':
      return []
    case 'take':
      return [{ sku, kind: 'sold', quantity: -quantity, reference }]
    case 'return':
      return [{ sku, kind: 'returned', quantity, reference }]
  }
}

/** Maximum units available per SKU: half of what the column holds, so that reserved units can always be released. */
const availableMax = 1_000_000_000

/**
 * Corrects the units available after a stock count or a delivery, and records the reason in the ledger.
 * @throws AppError `not_found` for an unknown SKU; `bad_input` when fewer units are available than are to be removed, or
 * the result exceeds the maximum.
 */
export async function adjustStock(
  query: Queryable,
  { sku, delta, reason }: AdjustStockInput,
  reference: string,
): Promise<StockLevel> {
  const { rows } = await query.execute<StockLevel & Record<string, unknown>>(sql`
    with changed as (
      update product.stock set available = greatest(available - backordered + ${delta}::int, 0),
        backordered = greatest(backordered - available - ${delta}::int, 0)
      where sku = ${sku} and (${delta}::int > 0 or available + ${delta}::int >= 0)
        and available - backordered + ${delta}::bigint <= ${availableMax}
      returning sku, available, reserved, backordered
    ), logged as (
      insert into product.stock_movement (sku, kind, quantity, reference, reason)
      select sku, 'adjusted', ${delta}::int, ${reference}, ${reason} from changed
    )
    select sku, available, reserved, backordered from changed`)
  if (rows[0] !== undefined) return rows[0]
  const found = await query.execute<{ available: number; reserved: number }>(
    sql`select available, reserved from product.stock where sku = ${sku}`,
  )
  const level = found.rows[0]
  if (level === undefined) throw new AppError('not_found', { field: 'sku', message: 'There is no such SKU.' })
  if (delta > 0)
    throw new AppError('bad_input', { field: 'delta', message: `At most ${availableMax} units can be in stock.` })
  throw new AppError('bad_input', {
    field: 'delta',
    message: `Only ${level.available} units can be removed; ${level.reserved} more are reserved for orders.`,
  })
}
