import { StaleError, type ActorKind } from '#actor'
import { isCheckViolation, together, type Queryable } from '#db'
import { applyStock, lockStock, readOffers, readStock, type Offer, type StockMovement } from '#product'
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
    share: (tx, batch, { isFirm }) =>
      readShelf(
        tx,
        batch.flatMap(({ state, message }) => (message.type === 'place' && state?.orderId === null ? [state] : [])),
        { isFirm, baseCurrency: config.SHOP_CURRENCIES[0] ?? 'USD' },
      ),
    decide: decideCart,
    move: moveShelf,
    async save(tx, { states, before, movements, now }) {
      const carts = [...states.values()]
      const placed = carts.flatMap((cart) => cart.placed ?? [])
      await together([
        saveCarts(tx, carts, { isNew: (id) => !before.has(id), now }),
        saveOrders(tx, placed, { before: new Map(), now }),
        // Last, so that what many buyers want is locked for the shortest time.
        applyStock(tx, [...movements]).catch(throwStale),
      ])
    },
  }
}

export const orderActor: OrderActor = {
  kind: 'order',
  version: 1,
  reads: [1],
  message: orderMessage,
  // What workers bring comes one by one, and costs less the more of it is written together.
  turnsMax: 1,
  lock: lockOrders,
  load: loadOrders,
  share: async () => undefined,
  decide: decideOrder,
  move: () => undefined,
  async save(tx, { states, before, movements, now }) {
    await together([
      saveOrders(tx, [...states.values()], { before, now }),
      bookMoney(
        tx,
        movements.filter((movement) => 'amount' in movement),
        now,
      ),
      applyStock(
        tx,
        movements.filter((movement) => 'sku' in movement),
      ),
    ])
  },
}

/** Fewer pieces are left than the batch was decided on. */
function throwStale(error: unknown): never {
  throw isCheckViolation(error) ? new StaleError('others have taken the stock meanwhile', { cause: error }) : error
}

/** The stock of everything in these carts (locked, if `isFirm`), and what it is sold for. */
async function readShelf(
  tx: Queryable,
  carts: readonly CartState[],
  { isFirm, baseCurrency }: { isFirm: boolean; baseCurrency: string },
): Promise<Shelf> {
  const skusOf = (some: readonly CartState[]): string[] => [
    ...new Set(some.flatMap(({ lines }) => lines.map(({ sku }) => sku))),
  ]
  const skus = skusOf(carts)
  if (skus.length === 0) return { available: new Map(), offer: () => undefined }
  const views = [...Map.groupBy(carts, ({ currency, locale }) => `${currency} ${locale}`)]
  const [available, ...read] = await together([
    isFirm ? lockStock(tx, skus) : readStock(tx, skus),
    ...views.map(async ([view, some]): Promise<[string, Map<string, Offer>]> => {
      const { currency = '', locale = 'en' } = some[0] ?? {}
      return [view, await readOffers(tx, { skus: skusOf(some), currency, baseCurrency, locale })]
    }),
  ])
  const offers = new Map(read)
  return { available, offer: (sku, currency, locale) => offers.get(`${currency} ${locale}`)?.get(sku) }
}

function moveShelf({ available }: Shelf, movements: readonly StockMovement[]): void {
  for (const { sku, kind, quantity } of movements) {
    if (kind === 'take') continue
    available.set(sku, (available.get(sku) ?? 0) + (kind === 'reserve' ? -quantity : quantity))
  }
}
