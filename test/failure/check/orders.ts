import type { Attempt } from '../load/history.ts'
import type { Facts } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promises 1, 2 and 6: what was acknowledged exists, one order per key and cart, what failed left no effect. */

const isPlaced = ({ call, outcome }: Attempt): boolean => call === 'place' && outcome === 'ok'

export const acknowledgedOrdersExist: Rule = ({ history, database }) => {
  const stored = new Map(database.orders.map((order) => [order.id, order]))
  return history.filter(isPlaced).flatMap(({ op, orderId = '', cart, totalMinor }): Violation[] => {
    const order = stored.get(orderId)
    if (order === undefined) return [{ name: 'lost_order', what: `order ${orderId} of operation ${op} is gone` }]
    if (order.cartId !== cart || order.totalMinor !== totalMinor)
      return [
        {
          name: 'lost_order',
          what: `order ${orderId} is of cart ${order.cartId} over ${order.totalMinor}, acknowledged was ${cart} over ${totalMinor}`,
        },
      ]
    return []
  })
}

export const ordersWereAskedFor: Rule = ({ history, database }) => {
  const asked = new Set(history.flatMap(({ cart }) => cart ?? []))
  return database.orders
    .filter(({ cartId }) => !asked.has(cartId))
    .map(({ id, cartId }) => ({
      name: 'order_of_nobody',
      what: `order ${id} of cart ${cartId}, which nobody has placed`,
    }))
}

export const oneOrderPerKeyAndCart: Rule = ({ history, database }) => {
  const byKey = Map.groupBy(
    history.filter(({ call }) => call === 'place'),
    ({ scope, key }) => `${scope} ${key}`,
  )
  const orderOf = new Map(database.orders.map(({ id, cartId }) => [cartId, id]))
  const ofKeys = [...byKey].flatMap(([key, attempts]) => {
    // Also those that were never acknowledged: under one key stands one order at most, on whichever cart.
    const stored = new Set(attempts.flatMap(({ cart }) => orderOf.get(cart ?? '') ?? []))
    const told = new Set(attempts.flatMap(({ orderId }) => orderId ?? []))
    const all = new Set([...stored, ...told])
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
  return [...ofKeys, ...ofCarts, ...pointers].map((what) => ({ name: 'two_orders', what }))
}

/** The same request again is answered the same, to the letter; and is not refused once it was accepted. */
export const repliesAreTheSame: Rule = ({ history }) => {
  const keyed = history.filter(({ key }) => key !== null)
  return [...Map.groupBy(keyed, ({ call, scope, key, cart }) => `${call} ${scope} ${key} ${cart}`)].flatMap(
    ([request, attempts]): Violation[] => {
      const definite = attempts.filter(({ outcome }) => outcome === 'ok' || outcome === 'refused')
      const replies = new Set(definite.map(({ reply, code }) => reply ?? `refused: ${code}`))
      return replies.size > 1
        ? [{ name: 'different_replies', what: `${request} was answered ${[...replies].join(' and ')}` }]
        : []
    },
  )
}

/** Where every answer about a cart was a refusal or a failure, there is no order of it. */
export const failuresLeftNothing: Rule = ({ history, database }) => {
  const stored = new Map(database.orders.map(({ id, cartId }) => [cartId, id]))
  const byCart = Map.groupBy(
    history.filter(({ call }) => call === 'place'),
    ({ cart }) => cart ?? '',
  )
  return [...byCart].flatMap(([cart, attempts]): Violation[] => {
    const order = stored.get(cart)
    const mayHaveWorked = attempts.some(({ outcome }) => outcome === 'ok' || outcome === 'info')
    if (order === undefined || mayHaveWorked) return []
    const answers = attempts.map(({ code }) => code).join(', ')
    return [
      { name: 'failed_took_effect', what: `order ${order} exists though cart ${cart} was only answered ${answers}` },
    ]
  })
}

export const cancellationsHappened: Rule = ({ history, database }: Facts) => {
  const stored = new Map(database.orders.map((order) => [order.id, order]))
  return history
    .filter(({ call, outcome }) => call === 'cancel' && outcome === 'ok')
    .flatMap(({ order }): Violation[] => {
      const status = stored.get(order ?? '')?.status
      return status === 'cancelled' ? [] : [{ name: 'cancel_forgotten', what: `order ${order} is ${status}` }]
    })
}
