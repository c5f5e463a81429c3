import { StaleError, type ActorKind } from '#actor'
import { isCheckViolation, pipelined, type Queryable } from '#db'
import { applyStock, lockStock, readOffers, readStock, type Offer, type StockMovement } from '#product'
import type { Services } from '#services'
import { saveOrders } from '../state/order.store.ts'
import { cartMessage, decideCart, type CartMessage, type CartReply } from './cart.rules.ts'
import type { CartState } from './cart.state.ts'
import { loadCarts, lockCarts, saveCarts } from './cart.store.ts'
import type { StockSnapshot } from './place.rules.ts'

/** The cart actor: the rows it locks, loads, shares and saves. Its rules are in cart.rules.ts and place.rules.ts. */

export type CartActor = ActorKind<CartState, CartMessage, CartReply, StockSnapshot, StockMovement>

export function createCartActor({ config, payments }: Services): CartActor {
  return {
    kind: 'cart',
    version: 1,
    reads: [1],
    message: cartMessage,
    lock: lockCarts,
    load: loadCarts,
    loadShared: (tx, batch, { isLocked }) =>
      readStockSnapshot(
        tx,
        batch.flatMap(({ state, message }) =>
          message.type === 'place' && state?.orderId === null
            ? [{ lines: state.lines, currency: state.currency, locale: message.locale ?? state.locale }]
            : [],
        ),
        { isLocked, baseCurrency: config.SHOP_CURRENCIES[0] ?? 'USD' },
      ),
    decide: (state, message, context) => decideCart(state, message, { ...context, accepts: payments.accepts }),
    applyMovements: applyToSnapshot,
    async save(tx, { states, before, movements, now }) {
      const carts = [...states.values()]
      const placed = carts.flatMap((cart) => cart.placed ?? [])
      await pipelined([
        saveCarts(tx, carts, { isNew: (id) => !before.has(id), now }),
        saveOrders(tx, placed, { before: new Map(), now }),
        // Last, so that the rows of popular SKUs are locked for the shortest time.
        applyStock(tx, [...movements]).catch(throwStale),
      ])
    },
  }
}

/** A violated check means that less stock is left than the batch was decided on. */
function throwStale(error: unknown): never {
  throw isCheckViolation(error) ? new StaleError('other turns have taken the stock', { cause: error }) : error
}

/** A cart's lines, with the currency and the language in which they are ordered. */
type OrderedLines = Pick<CartState, 'lines' | 'currency' | 'locale'>

/** Stock and offers of all SKUs in these carts. The stock is locked with `isLocked`. */
async function readStockSnapshot(
  tx: Queryable,
  carts: readonly OrderedLines[],
  { isLocked, baseCurrency }: { isLocked: boolean; baseCurrency: string },
): Promise<StockSnapshot> {
  const skusOf = (some: readonly OrderedLines[]): string[] => [
    ...new Set(some.flatMap(({ lines }) => lines.map(({ sku }) => sku))),
  ]
  const skus = skusOf(carts)
  if (skus.length === 0) return { available: new Map(), offer: () => undefined }
  const cartsByView = [...Map.groupBy(carts, ({ currency, locale }) => `${currency} ${locale}`)]
  const [available, ...offersByView] = await pipelined([
    isLocked ? lockStock(tx, skus) : readStock(tx, skus),
    ...cartsByView.map(async ([view, some]): Promise<[string, Map<string, Offer>]> => {
      const { currency = '', locale = 'en' } = some[0] ?? {}
      return [view, await readOffers(tx, { skus: skusOf(some), currency, baseCurrency, locale })]
    }),
  ])
  const offers = new Map(offersByView)
  return { available, offer: (sku, currency, locale) => offers.get(`${currency} ${locale}`)?.get(sku) }
}

function applyToSnapshot({ available }: StockSnapshot, movements: readonly StockMovement[]): void {
  for (const { sku, kind, quantity } of movements) {
    if (kind === 'take') continue
    available.set(sku, (available.get(sku) ?? 0) + (kind === 'reserve' ? -quantity : quantity))
  }
}
