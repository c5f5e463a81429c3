import type { Attempt } from '../load/history.ts'
import type { Facts } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promises 1, 2 and 6: acknowledged orders exist, one order per key and cart, failed requests left no effect. */

const isPlaced = ({ action, outcome }: Attempt): boolean => action === 'place' && outcome === 'ok'

export const acknowledgedOrdersExist: Rule = ({ history, database }) => {
  const stored = new Map(database.orders.map((order) => [order.id, order]))
  return history.filter(isPlaced).flatMap(({ op, orderId = '', cart, totalMinor }): Violation[] => {
    const order = stored.get(orderId)
    if (order === undefined) return [{ name: 'lost_order', detail: `order ${orderId} of operation ${op} is gone` }]
    if (order.cartId !== cart || order.totalMinor !== totalMinor)
      return [
        {
          name: 'lost_order',
          detail: `order ${orderId} is of cart ${order.cartId} with total ${order.totalMinor}, acknowledged was ${cart} with total ${totalMinor}`,
        },
      ]
    return []
  })
}

export const ordersWereRequested: Rule = ({ history, database }) => {
  const requested = new Set(history.flatMap(({ cart }) => cart ?? []))
  return database.orders
    .filter(({ cartId }) => !requested.has(cartId))
    .map(({ id, cartId }) => ({
      name: 'order_without_request',
      detail: `order ${id} of cart ${cartId}, which no buyer placed`,
    }))
}

export const oneOrderPerKeyAndCart: Rule = ({ history, database }) => {
  const byKey = Map.groupBy(
    history.filter(({ action }) => action === 'place'),
    ({ scope, key }) => `${scope} ${key}`,
  )
  const orderOf = new Map(database.orders.map(({ id, cartId }) => [cartId, id]))
  const ofKeys = [...byKey].flatMap(([key, attempts]) => {
    // Unacknowledged orders count too: a key has at most one order, whichever cart it was used with.
    const stored = new Set(attempts.flatMap(({ cart }) => orderOf.get(cart ?? '') ?? []))
    const acknowledged = new Set(attempts.flatMap(({ orderId }) => orderId ?? []))
    const all = new Set([...stored, ...acknowledged])
    return all.size > 1 ? [`key ${key} has orders ${[...all].join(', ')}`] : []
  })
  const ofCarts = [...Map.groupBy(database.orders, ({ cartId }) => cartId)].flatMap(([cart, orders]) =>
    orders.length > 1 ? [`cart ${cart} has orders ${orders.map(({ id }) => id).join(', ')}`] : [],
  )
  const pointers = database.carts.flatMap(({ id, orderId }) =>
    orderOf.get(id) !== (orderId ?? undefined)
      ? [`cart ${id} names order ${orderId}, stored is ${orderOf.get(id)}`]
      : [],
  )
  return [...ofKeys, ...ofCarts, ...pointers].map((detail) => ({ name: 'duplicate_order', detail }))
}

/** A replay gets exactly the first reply; an accepted request is not rejected later. */
export const repliesAreTheSame: Rule = ({ history }) => {
  const keyed = history.filter(({ key }) => key !== null)
  return [...Map.groupBy(keyed, ({ action, scope, key, cart }) => `${action} ${scope} ${key} ${cart}`)].flatMap(
    ([request, attempts]): Violation[] => {
      const definite = attempts.filter(({ outcome }) => outcome === 'ok' || outcome === 'rejected')
      const replies = new Set(definite.map(({ reply, code }) => reply ?? `rejected: ${code}`))
      return replies.size > 1
        ? [{ name: 'different_replies', detail: `${request} was answered ${[...replies].join(' and ')}` }]
        : []
    },
  )
}

/** A cart whose every request was rejected or failed has no order. */
export const failuresLeftNothing: Rule = ({ history, database }) => {
  const stored = new Map(database.orders.map(({ id, cartId }) => [cartId, id]))
  const byCart = Map.groupBy(
    history.filter(({ action }) => action === 'place'),
    ({ cart }) => cart ?? '',
  )
  return [...byCart].flatMap(([cart, attempts]): Violation[] => {
    const order = stored.get(cart)
    const mayHaveWorked = attempts.some(({ outcome }) => outcome === 'ok' || outcome === 'info')
    if (order === undefined || mayHaveWorked) return []
    const codes = attempts.map(({ code }) => code).join(', ')
    return [
      { name: 'failed_took_effect', detail: `order ${order} exists though all replies for cart ${cart} were ${codes}` },
    ]
  })
}

export const cancellationsHappened: Rule = ({ history, database }: Facts) => {
  const stored = new Map(database.orders.map((order) => [order.id, order]))
  return history
    .filter(({ action, outcome }) => action === 'cancel' && outcome === 'ok')
    .flatMap(({ order }): Violation[] => {
      const status = stored.get(order ?? '')?.status
      return status === 'cancelled' ? [] : [{ name: 'cancellation_lost', detail: `order ${order} is ${status}` }]
    })
}
