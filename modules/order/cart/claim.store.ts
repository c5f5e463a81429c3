import { sql } from 'drizzle-orm'
import { pipelined, transaction, type Database } from '#db'
import { claimCart, type Claim } from './claim.rules.ts'
import { findOpenCart, loadCarts, lockCarts, saveCarts } from './cart.store.ts'

/**
 * Claims a guest's cart for an account, in one transaction that locks both carts: in sorted order, as every turn of the
 * cart's actor does, and it sees what a concurrent turn has placed or changed. Safe to repeat.
 * @throws AppError `not_found`, `cart_closed`
 */
export function claimInTransaction(
  database: Database,
  { cartId, userId }: { cartId: string; userId: string },
): Promise<Claim> {
  return transaction(database, async (tx) => {
    const formerId = await findOpenCart(tx, userId, cartId)
    const ids = formerId === undefined ? [cartId] : [cartId, formerId].toSorted()
    const [clock, , carts] = await pipelined([
      tx.execute<{ now: string }>(sql`select now()::text as now`),
      lockCarts(tx, ids),
      loadCarts(tx, ids),
    ])
    const claim = claimCart(
      { cart: carts.get(cartId), former: formerId === undefined ? undefined : carts.get(formerId) },
      userId,
    )
    const changed = [claim.cart, ...(claim.former === undefined ? [] : [claim.former])].filter(
      (cart) => cart !== carts.get(cart.id),
    )
    const now = new Date(clock.rows[0]?.now ?? Number.NaN)
    if (changed.length > 0) await saveCarts(tx, changed, { isNew: () => false, now })
    return claim
  })
}
