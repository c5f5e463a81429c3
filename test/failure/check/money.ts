import type { StoredOrder } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promises 2 and 4: one capture an order, and our books are the provider's, both ways. */

/** Net minor units that this order should have cost its buyer; undefined while it is not settled. */
function owed({ status, paymentStatus, totalMinor }: StoredOrder): number | undefined {
  if (status === 'cancelled') return 0
  if (status === 'paid' || status === 'fulfilled' || status === 'closed') return totalMinor
  return paymentStatus === 'captured' ? undefined : 0
}

export const capturedOnce: Rule = ({ provider }) => {
  const ofOrders = Map.groupBy(provider, ({ metadata }) => metadata['order_id'] ?? '')
  return [...ofOrders].flatMap(([order, intents]): Violation[] => {
    const captures = intents.reduce((sum, intent) => sum + intent.captures, 0)
    // One that was given up at the provider is replaced; any other second one is a call that was made twice.
    const opened = intents.filter(({ status }) => status !== 'canceled').length
    return [
      ...(captures > 1 ? [`order ${order} was captured ${captures} times`] : []),
      ...(opened > 1
        ? [`order ${order} has ${opened} payments at the provider: ${intents.map(({ id }) => id).join(', ')}`]
        : []),
    ].map((what) => ({ name: 'charged_twice', what }))
  })
}

export const chargesHaveOrders: Rule = ({ provider, database }) => {
  const stored = new Map(database.orders.map((order) => [order.id, order]))
  return provider.flatMap(({ id, captured, amount, metadata }): Violation[] => {
    const order = stored.get(metadata['order_id'] ?? '')
    if (order === undefined)
      return captured > 0
        ? [
            {
              name: 'charge_of_nothing',
              what: `${id} took ${captured} for order ${metadata['order_id']}, which does not exist`,
            },
          ]
        : []
    return amount !== order.totalMinor || (captured !== 0 && captured !== order.totalMinor)
      ? [
          {
            name: 'charge_of_nothing',
            what: `${id} is over ${amount} and took ${captured}; order ${order.id} is over ${order.totalMinor}`,
          },
        ]
      : []
  })
}

/** The shop's own report finds nothing: what it is for is to find what this checker would. */
export const reportIsEmpty: Rule = ({ reconciliation }) =>
  reconciliation.map((what): Violation => ({ name: 'report_differs', what }))

/** Debits equal credits, for every order and currency; and what our books say was moved, fees aside, the provider has moved. */
export const ledgerBalances: Rule = ({ provider, database }) => {
  const ofOrders = Map.groupBy(database.ledger, ({ orderId, currency }) => `${orderId} in ${currency}`)
  const unbalanced = [...ofOrders].flatMap(([order, entries]): Violation[] => {
    const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0)
    return sum === 0 ? [] : [{ name: 'ledger_differs', what: `the entries of order ${order} sum to ${sum}` }]
  })
  const more = new Map<string, number>()
  const add = (order: string, amount: number): unknown => more.set(order, (more.get(order) ?? 0) + amount)
  for (const { metadata, captured, refunded } of provider) add(metadata['order_id'] ?? '', captured - refunded)
  for (const { orderId, account, kind, amountMinor } of database.ledger)
    if (account === 'provider' && !kind.startsWith('fee')) add(orderId, -amountMinor)
  const differing = [...more].flatMap(([order, amount]): Violation[] =>
    amount === 0
      ? []
      : [
          {
            name: 'ledger_differs',
            what: `the provider has taken ${amount} more for order ${order} than our ledger says`,
          },
        ],
  )
  return [...unbalanced, ...differing]
}

export const booksAgree: Rule = ({ provider, database }) => {
  const ofOrders = Map.groupBy(provider, ({ metadata }) => metadata['order_id'] ?? '')
  return database.orders.flatMap((order): Violation[] => {
    const intents = ofOrders.get(order.id) ?? []
    const taken = intents.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0)
    const expected = owed(order)
    if (expected !== undefined && taken !== expected)
      return [
        {
          name: 'books_differ',
          what: `order ${order.id} is ${order.status}/${order.paymentStatus} over ${order.totalMinor}, the provider holds ${taken}`,
        },
      ]
    const known = intents.some(({ id }) => id === order.intentId)
    return taken > 0 && !known
      ? [
          {
            name: 'books_differ',
            what: `order ${order.id} knows payment ${order.intentId}, the provider captured another`,
          },
        ]
      : []
  })
}
