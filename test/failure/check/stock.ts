import type { Rule, Violation } from './violation.ts'

/** Promise 3: stock is never oversold, and reserved stock belongs to an open order. */

export const stockAddsUp: Rule = ({ database }) => {
  const moved = countBy(database.movements, ({ sku }) => sku)
  return database.stock.flatMap(({ sku, available, reserved, backordered }): Violation[] => {
    const sum = moved.get(sku) ?? 0
    if (available < 0 || reserved < 0)
      return [{ name: 'oversold', detail: `${sku}: ${available} available, ${reserved} reserved` }]
    return sum === available + reserved - backordered
      ? []
      : [
          {
            name: 'oversold',
            detail: `${sku}: movements sum to ${sum}, ${available} available, ${reserved} reserved and ${backordered} backordered`,
          },
        ]
  })
}

/** Open orders reserve exactly the quantities of their lines; no other stock is reserved. */
export const openOrdersHoldStock: Rule = ({ database }) => {
  const open = database.orders.filter(
    ({ status, timeline }) => status === 'placed' || (status === 'cancelling' && !timeline.includes('paid')),
  )
  const wanted = countBy(
    open.flatMap(({ lines }) => lines),
    ({ sku }) => sku,
  )
  return database.stock.flatMap(({ sku, reserved }): Violation[] => {
    const expected = wanted.get(sku) ?? 0
    return reserved === expected
      ? []
      : [{ name: 'stock_differs', detail: `${sku}: ${reserved} reserved, open orders hold ${expected}` }]
  })
}

/** The movements of a paid order equal its lines; those of a cancelled order sum to zero. */
export const salesAreRecorded: Rule = ({ database }) => {
  const moved = countBy(database.movements, ({ sku, reference }) => `${reference} ${sku}`)
  const orders = new Set(database.orders.map(({ id }) => id))
  const ofOrders = database.orders.flatMap(({ id, status, timeline, lines }) => {
    const isSold =
      status === 'paid' ||
      status === 'fulfilled' ||
      status === 'closed' ||
      (status === 'cancelling' && timeline.includes('paid'))
    return lines.flatMap(({ sku, quantity }): Violation[] => {
      const sum = moved.get(`${id} ${sku}`) ?? 0
      const expected = isSold ? -quantity : 0
      return sum === expected
        ? []
        : [
            {
              name: 'stock_differs',
              detail: `order ${id} is ${status}: ${sku} moved by ${sum} instead of ${expected}`,
            },
          ]
    })
  })
  const withoutOrder = database.movements
    .filter(({ kind, reference }) => (kind === 'sold' || kind === 'returned') && !orders.has(reference))
    .map(({ sku, reference }): Violation => ({
      name: 'stock_differs',
      detail: `${sku} was sold to order ${reference}, which does not exist`,
    }))
  return [...ofOrders, ...withoutOrder]
}

function countBy<T extends { quantity: number }>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const item of items) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0) + item.quantity)
  return sums
}
