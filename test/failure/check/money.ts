import type { StoredOrder } from './facts.ts'
import type { Rule, Violation } from './violation.ts'

/** Promises 2 and 4: one capture an order; the shop's books and the provider's agree. */

/** Amount that the buyer should have paid for this order, net, minor units; undefined while the order is unsettled. */
function expectedNetMinor({ status, paymentStatus, totalMinor }: StoredOrder): number | undefined {
  if (status === 'cancelled') return 0
  if (status === 'paid' || status === 'fulfilled' || status === 'closed') return totalMinor
  return paymentStatus === 'captured' ? undefined : 0
}

export const capturedOnce: Rule = ({ provider }) => {
  const ofOrders = Map.groupBy(provider, ({ metadata }) => metadata['order_id'] ?? '')
  return [...ofOrders].flatMap(([order, intents]): Violation[] => {
    const captures = intents.reduce((sum, intent) => sum + intent.captures, 0)
    // A cancelled payment is replaced by a new one. Any other second payment is a duplicate call.
    const opened = intents.filter(({ status }) => status !== 'canceled').length
    return [
      ...(captures > 1 ? [`order ${order} was captured ${captures} times`] : []),
      ...(opened > 1
        ? [`order ${order} has ${opened} payments at the provider: ${intents.map(({ id }) => id).join(', ')}`]
        : []),
    ].map((detail) => ({ name: 'charged_twice', detail }))
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
              name: 'charge_without_order',
              detail: `${id} took ${captured} for order ${metadata['order_id']}, which does not exist`,
            },
          ]
        : []
    return amount !== order.totalMinor || (captured !== 0 && captured !== order.totalMinor)
      ? [
          {
            name: 'charge_without_order',
            detail: `${id} has amount ${amount} and took ${captured}; order ${order.id} has total ${order.totalMinor}`,
          },
        ]
      : []
  })
}

/** The reconciliation report is empty: it is there to find the same differences as this checker. */
export const reportIsEmpty: Rule = ({ reconciliation }) =>
  reconciliation.map((detail): Violation => ({ name: 'report_differs', detail }))

/** Debits equal credits for every order and currency. The ledger's sums, without fees, equal the provider's. */
export const ledgerBalances: Rule = ({ provider, database }) => {
  const ofOrders = Map.groupBy(database.ledger, ({ orderId, currency }) => `${orderId} in ${currency}`)
  const unbalanced = [...ofOrders].flatMap(([order, entries]): Violation[] => {
    const sum = entries.reduce((total, { amountMinor }) => total + amountMinor, 0)
    return sum === 0 ? [] : [{ name: 'ledger_differs', detail: `the entries of order ${order} sum to ${sum}` }]
  })
  const differences = new Map<string, number>()
  const add = (order: string, amount: number): unknown => differences.set(order, (differences.get(order) ?? 0) + amount)
  for (const { metadata, captured, refunded } of provider) add(metadata['order_id'] ?? '', captured - refunded)
  for (const { orderId, account, kind, amountMinor } of database.ledger)
    if (account === 'provider' && !kind.startsWith('fee')) add(orderId, -amountMinor)
  const differing = [...differences].flatMap(([order, amount]): Violation[] =>
    amount === 0
      ? []
      : [
          {
            name: 'ledger_differs',
            detail: `the provider's net amount for order ${order} is ${amount} above the ledger's`,
          },
        ],
  )
  return [...unbalanced, ...differing]
}

export const booksAgree: Rule = ({ provider, database }) => {
  const ofOrders = Map.groupBy(provider, ({ metadata }) => metadata['order_id'] ?? '')
  return database.orders.flatMap((order): Violation[] => {
    const intents = ofOrders.get(order.id) ?? []
    const netCaptured = intents.reduce((sum, { captured, refunded }) => sum + captured - refunded, 0)
    const expected = expectedNetMinor(order)
    if (expected !== undefined && netCaptured !== expected)
      return [
        {
          name: 'books_differ',
          detail: `order ${order.id} is ${order.status}/${order.paymentStatus} with total ${order.totalMinor}, the provider holds ${netCaptured}`,
        },
      ]
    const isKnown = intents.some(({ id }) => id === order.intentId)
    return netCaptured > 0 && !isKnown
      ? [
          {
            name: 'books_differ',
            detail: `order ${order.id} names payment ${order.intentId}, the provider captured another`,
          },
        ]
      : []
  })
}
