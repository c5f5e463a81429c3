import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm'
import { bulkInsert, bulkUpdate, statement, pipelined, type Queryable } from '#db'
import { carts } from '../schema.ts'
import type { CartState } from './cart.state.ts'

/** SQL of carts. */

const lock = statement('lock carts', 'select 1 from "order".cart where id = any($1::uuid[]) order by id for update')

export async function lockCarts(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await lock(tx, ids)
}

const load = statement<CartState>(
  'load carts',
  `select id, version, currency, locale, user_id as "userId", lines, order_id as "orderId"
   from "order".cart where id = any($1::uuid[])`,
)

export async function loadCarts(query: Queryable, ids: readonly string[]): Promise<Map<string, CartState>> {
  if (ids.length === 0) return new Map()
  const { rows } = await load(query, ids)
  return new Map(rows.map((row) => [row.id, row]))
}

const insertCarts = bulkInsert(carts, { omit: ['createdAt'] })
const updateCarts = bulkUpdate(carts, { key: 'id', set: ['version', 'userId', 'lines', 'orderId', 'updatedAt'] })

/** Inserts new carts, and writes the changes of known ones. */
export async function saveCarts(
  tx: Queryable,
  states: readonly CartState[],
  { isNew, now }: { isNew(id: string): boolean; now: Date },
): Promise<void> {
  const rows = states.map(({ placed: _, ...row }) => ({ ...row, updatedAt: now }))
  await pipelined([
    insertCarts(
      tx,
      rows.filter(({ id }) => isNew(id)),
    ),
    updateCarts(
      tx,
      rows.filter(({ id }) => !isNew(id)),
    ),
  ])
}

/** Id of the user's cart with lines that was changed last and not ordered, other than `exceptId`. */
export async function findOpenCart(query: Queryable, userId: string, exceptId?: string): Promise<string | undefined> {
  const [row] = await query
    .select({ id: carts.id })
    .from(carts)
    .where(
      and(
        eq(carts.userId, userId),
        isNull(carts.orderId),
        exceptId === undefined ? undefined : ne(carts.id, exceptId),
        sql`${carts.lines} <> '[]'::jsonb`,
      ),
    )
    .orderBy(desc(carts.updatedAt))
    .limit(1)
  return row?.id
}

/** Deletes up to `limit` guests' carts that were not changed for `days` and not ordered. @returns the number deleted */
export async function deleteStaleCarts(
  query: Queryable,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  const result = await query.execute(sql`
    delete from "order".cart where id in (
      select id from "order".cart where user_id is null and order_id is null and updated_at < now() - make_interval(days => ${days})
      order by updated_at limit ${limit} for update skip locked)`)
  return result.rowCount ?? 0
}
