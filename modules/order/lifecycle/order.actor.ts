import type { ActorKind } from '#actor'
import { pipelined } from '#db'
import { applyStock } from '#product'
import { recordAudit } from '#user'
import type { Order } from '../contract.ts'
import { bookMoney } from '../ledger/ledger.store.ts'
import type { OrderMovement } from '../state/order-change.rules.ts'
import { orderMessage, type OrderMessage } from '../state/order.message.ts'
import { loadOrders, lockOrders, saveOrders } from '../state/order.store.ts'
import type { OrderState } from '../state/order.state.ts'
import { staffActs } from '../state/staff-acts.ts'
import { decideOrder } from './order.rules.ts'

/** The order actor: the rows it locks, loads and saves. Its rules are in order.rules.ts. */

export type OrderActor = ActorKind<OrderState, OrderMessage, Order, undefined, OrderMovement>

export const orderActor: OrderActor = {
  kind: 'order',
  version: 1,
  reads: [1],
  message: orderMessage,
  // Workers deliver outcomes one by one; a single turn at a time collects them into larger batches, which cost less.
  turnsMax: 1,
  lock: lockOrders,
  load: loadOrders,
  loadShared: async () => undefined,
  decide: decideOrder,
  applyMovements: () => undefined,
  async save(tx, { states, before, movements, now }) {
    await pipelined([
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
      recordAudit(tx, ...staffActs(states.values(), before)),
    ])
  },
}
