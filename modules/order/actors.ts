import type { ActorKind } from '#actor'
import type { Queryable } from '#db'
import { applyStock, lockStock, readOffers, type Offer, type StockMovement } from '#product'
import type { Services } from '#services'
import { cartMessage, decideCart, type CartMessage, type CartReply } from './cart.actor.ts'
import { loadCarts, lockCarts, saveCarts } from './cart.store.ts'
import type { Order } from './contract.ts'
import { bookMoney } from './ledger.store.ts'
import { decideOrder } from './order.actor.ts'
import type { OrderMovement } from './order.change.ts'
import { orderMessage, type OrderMessage } from './order.message.ts'
import { loadOrders, lockOrders, saveOrders } from './order.store.ts'
import type { Shelf } from './place.ts'
import type { CartState, OrderState } from './state.ts'

/** The module's actors: which rows each kind locks, loads, shares and saves. The rules stand in *.actor.ts. */

export type CartActor = ActorKind<CartState, CartMessage, CartReply, Shelf, StockMovement>
export type OrderActor = ActorKind<OrderState, OrderMessage, Order, undefined, OrderMovement>

export function createCartActor({ config }: Services): CartActor {
  return {
    kind: 'cart',
    version: 1,
    reads: [1],
    message: cartMessage,
    lock: lockCarts,
    load: loadCarts,
    share: (tx, batch) =>
      readShelf(
        tx,
        batch.flatMap(({ state, message }) => (message.type === 'place' && state?.orderId === null ? [state] : [])),
        config.SHOP_CURRENCIES[0] ?? 'USD',
      ),
    decide: decideCart,
    move: moveShelf,
    async save(tx, { states, movements, now }) {
      const carts = [...states.values()]
      await saveCarts(tx, carts, now)
      await saveOrders(
        tx,
        carts.flatMap(({ placed }) => placed ?? []),
        now,
      )
      await applyStock(tx, [...movements])
    },
  }
}

export const orderActor: OrderActor = {
  kind: 'order',
  version: 1,
  reads: [1],
  message: orderMessage,
  lock: lockOrders,
  load: loadOrders,
  async share(tx, batch) {
    const skus = batch.flatMap(({ state, message }) =>
      state === undefined || message.type === 'paymentOpened' || message.type === 'pay'
        ? []
        : state.lines.map(({ sku }) => sku),
    )
    if (skus.length > 0) await lockStock(tx, [...new Set(skus)])
    return undefined
  },
  decide: decideOrder,
  move: (shared) => shared,
  async save(tx, { states, movements, now }) {
    await saveOrders(tx, [...states.values()], now)
    await applyStock(
      tx,
      movements.filter((movement) => 'sku' in movement),
    )
    await bookMoney(
      tx,
      movements.filter((movement) => 'amount' in movement),
      now,
    )
  },
}

/** Locks the stock of everything in these carts, then reads what it is sold for. */
async function readShelf(tx: Queryable, carts: readonly CartState[], baseCurrency: string): Promise<Shelf> {
  const skusOf = (some: readonly CartState[]): string[] => [
    ...new Set(some.flatMap(({ lines }) => lines.map(({ sku }) => sku))),
  ]
  const skus = skusOf(carts)
  if (skus.length === 0) return { available: new Map(), offer: () => undefined }
  const available = await lockStock(tx, skus)
  const offers = new Map<string, Map<string, Offer>>()
  for (const [view, some] of Map.groupBy(carts, ({ currency, locale }) => `${currency} ${locale}`)) {
    const [first] = some
    if (first === undefined) continue
    offers.set(
      view,
      await readOffers(tx, { skus: skusOf(some), currency: first.currency, baseCurrency, locale: first.locale }),
    )
  }
  return { available, offer: (sku, currency, locale) => offers.get(`${currency} ${locale}`)?.get(sku) }
}

function moveShelf(shelf: Shelf, movements: readonly StockMovement[]): Shelf {
  const available = new Map(shelf.available)
  for (const { sku, kind, quantity } of movements) {
    if (kind === 'take') continue
    available.set(sku, (available.get(sku) ?? 0) + (kind === 'reserve' ? -quantity : quantity))
  }
  return { ...shelf, available }
}
