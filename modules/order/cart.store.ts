import { and, desc, eq, inArray, isNull, ne, sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { carts } from './schema.ts'
import type { CartState } from './state.ts'

/** SQL of carts. */

export async function lockCarts(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.execute(sql`select 1 from "order".cart where id = any(${sql.param(ids)}::uuid[]) order by id for update`)
}

const columns = {
  id: carts.id,
  version: carts.version,
  currency: carts.currency,
  locale: carts.locale,
  userId: carts.userId,
  lines: carts.lines,
  orderId: carts.orderId,
}

export async function loadCarts(query: Queryable, ids: readonly string[]): Promise<Map<string, CartState>> {
  if (ids.length === 0) return new Map()
  const rows = await query
    .select(columns)
    .from(carts)
    .where(inArray(carts.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

export async function saveCarts(tx: Queryable, states: readonly CartState[], now: Date): Promise<void> {
  if (states.length === 0) return
  await tx
    .insert(carts)
    .values(states.map(({ placed: _, ...row }) => ({ ...row, updatedAt: now })))
    .onConflictDoUpdate({
      target: carts.id,
      set: {
        version: sql`excluded.version`,
        userId: sql`excluded.user_id`,
        lines: sql`excluded.lines`,
        orderId: sql`excluded.order_id`,
        updatedAt: sql`excluded.updated_at`,
      },
    })
}

/** The cart this user last worked on and has not ordered, other than `exceptId`. */
export async function findOpenCart(query: Queryable, userId: string, exceptId: string): Promise<CartState | undefined> {
  const [row] = await query
    .select(columns)
    .from(carts)
    .where(and(eq(carts.userId, userId), isNull(carts.orderId), ne(carts.id, exceptId)))
    .orderBy(desc(carts.updatedAt))
    .limit(1)
  return row
}

/** Deletes guests' carts that nobody has touched for `days` and that were not ordered. @returns how many */
export async function deleteStaleCarts(
  query: Queryable,
  { days, most }: { days: number; most: number },
): Promise<number> {
  const result = await query.execute(sql`
    delete from "order".cart where id in (
      select id from "order".cart where user_id is null and order_id is null and updated_at < now() - make_interval(days => ${days})
      order by updated_at limit ${most} for update skip locked)`)
  return result.rowCount ?? 0
}
