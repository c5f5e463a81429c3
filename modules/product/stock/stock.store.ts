import assert from 'node:assert/strict'
import { sql } from 'drizzle-orm'
import { statement, type Queryable } from '#db'
import { AppError } from '#errors'
import type { AdjustStockInput, StockLevel } from '../contract.ts'

/**
 * `reserve` sets pieces aside, `release` puts them back on sale, `take` lets reserved pieces leave the house (sold),
 * `return` puts sold ones back on sale.
 */
export interface StockMovement {
  sku: string
  kind: 'reserve' | 'release' | 'take' | 'return'
  /** Pieces, at least 1. */
  quantity: number
  /** What it is for, such as the order's id. */
  reference: string
}

type Available = { sku: string; available: number }

const selectStock = statement<Available>(
  'read stock',
  'select sku, available from product.stock where sku = any($1::text[])',
)
const selectStockFirm = statement<Available>(
  'lock stock',
  'select sku, available from product.stock where sku = any($1::text[]) order by sku for no key update',
)

/** Pieces of each of these SKUs that can be bought now, by the look of it: {@link applyStock} has the last word. */
export async function readStock(query: Queryable, skus: string[]): Promise<Map<string, number>> {
  const { rows } = await selectStock(query, skus)
  return new Map(rows.map(({ sku, available }) => [sku, available]))
}

/**
 * Locks the stock of these SKUs until the transaction ends and answers the pieces of each that can be bought now.
 * Unknown SKUs are absent.
 *
 * One statement is enough under READ COMMITTED: rows are sorted before they are locked, so everyone locks in one order,
 * and a row that somebody else held is answered as its holder left it, not as the statement first saw it.
 */
export async function lockStock(tx: Queryable, skus: string[]): Promise<Map<string, number>> {
  const { rows } = await selectStockFirm(tx, skus)
  return new Map(rows.map(({ sku, available }) => [sku, available]))
}

/**
 * Applies movements in the caller's transaction, all of them in one statement that locks in the order of SKUs.
 * Invariant: for every SKU the movements sum to available + reserved, and neither falls below zero; a movement that
 * would break it (a violated CHECK), or that names an unknown SKU, throws and fails the transaction. Refusals are the
 * caller's: look with {@link readStock} first, or be sure with {@link lockStock}.
 */
export async function applyStock(tx: Queryable, movements: StockMovement[]): Promise<void> {
  if (movements.length === 0) return
  const changes = [...sumBySku(movements).values()]
  const { rows } = await changeStock(tx, JSON.stringify(changes), JSON.stringify(movements.flatMap(ledgerEntry)))
  assert.equal(
    rows[0]?.changed,
    changes.length,
    `stock moved for SKUs that have none: ${changes.map(({ sku }) => sku).join(', ')}`,
  )
}

const changeStock = statement<{ changed: number }>(
  'apply stock',
  `with change as (
     select * from json_to_recordset($1::json) as c(sku text, available int, reserved int)
   ), locked as (
     select s.sku from product.stock s where s.sku in (select sku from change) order by s.sku for no key update
   ), changed as (
     update product.stock s set available = s.available + c.available, reserved = s.reserved + c.reserved
     from locked join change c using (sku) where s.sku = locked.sku returning s.sku
   ), noted as (
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
    assert(Number.isSafeInteger(quantity) && quantity > 0, `stock moves by whole pieces, not ${quantity}`)
    const { available, reserved } = changes.get(sku) ?? { available: 0, reserved: 0 }
    const [onSale, aside] = perPiece[kind]
    changes.set(sku, { sku, available: available + onSale * quantity, reserved: reserved + aside * quantity })
  }
  return changes
}

/** What one piece adds to `available` and to `reserved`. */
const perPiece = { reserve: [-1, 1], release: [1, -1], take: [0, -1], return: [1, 0] } as const

/** Pieces that leave or enter the house are written down; those that are set aside are still in it. */
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

/** Pieces of one SKU on sale; half of what the column holds, so that what is reserved can always come back. */
const piecesMax = 1_000_000_000

/**
 * Corrects the pieces on hand, as a count or a delivery found them.
 * @throws AppError `not_found` for an unknown SKU; `bad_input` when fewer pieces are on sale than are to be taken away, or there
 * would be more than can be kept.
 */
export async function adjustStock(
  query: Queryable,
  { sku, delta, reason }: AdjustStockInput,
  reference: string,
): Promise<StockLevel> {
  const { rows } = await query.execute<StockLevel & Record<string, unknown>>(sql`
    with changed as (
      update product.stock set available = available + ${delta}::int
      where sku = ${sku} and available + ${delta}::bigint between 0 and ${piecesMax} returning sku, available, reserved
    ), noted as (
      insert into product.stock_movement (sku, kind, quantity, reference, reason)
      select sku, 'adjusted', ${delta}::int, ${reference}, ${reason} from changed
    )
    select sku, available, reserved from changed`)
  if (rows[0] !== undefined) return rows[0]
  const found = await query.execute<{ available: number; reserved: number }>(
    sql`select available, reserved from product.stock where sku = ${sku}`,
  )
  const level = found.rows[0]
  if (level === undefined) throw new AppError('not_found', { field: 'sku', message: 'There is no such SKU.' })
  if (delta > 0)
    throw new AppError('bad_input', { field: 'delta', message: `No more than ${piecesMax} pieces can be kept.` })
  throw new AppError('bad_input', {
    field: 'delta',
    message: `Only ${level.available} pieces can be taken away; ${level.reserved} more are reserved for orders.`,
  })
}
