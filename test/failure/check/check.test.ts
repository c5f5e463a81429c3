import { describe, expect, test } from 'vitest'
import type { Attempt } from '../load/history.ts'
import { check, violationNames, type Facts, type StoredOrder, type ViolationName } from './index.ts'

/** The checker is tested with the facts of one correct run, and with each fault that can be put into them. */

const attempt = (changes: Partial<Attempt>): Attempt => ({
  id: 1,
  op: 1,
  action: 'place',
  key: 'key',
  scope: 'cart:cart-1',
  cart: 'cart-1',
  order: null,
  atMs: 0,
  endMs: 10,
  outcome: 'ok',
  ...changes,
})

const order = (changes: Partial<StoredOrder>): StoredOrder => ({
  id: 'order-1',
  cartId: 'cart-1',
  status: 'paid',
  paymentStatus: 'captured',
  totalMinor: 500,
  deadlineMs: null,
  intentId: 'pi-1',
  lines: [{ sku: 'A', quantity: 2 }],
  timeline: ['placed', 'paid'],
  ...changes,
})

const intent = (changes: Partial<Facts['provider'][number]>): Facts['provider'][number] => ({
  id: 'pi-1',
  status: 'succeeded',
  amount: 500,
  currency: 'usd',
  captured: 500,
  captures: 1,
  refunded: 0,
  metadata: { order_id: 'order-1' },
  ...changes,
})

const booked = (orderId: string, kind: string, debit: string, credit: string) =>
  [
    { account: debit, amountMinor: 500 },
    { account: credit, amountMinor: -500 },
  ].map((entry) => ({ orderId, kind, currency: 'USD', ...entry }))

/** A paid order, an order cancelled after payment, an order that waits for its buyer, and a rejected request. */
function correctFacts(): Facts {
  return {
    history: [
      attempt({ outcome: 'info', code: 'timeout' }),
      attempt({ id: 2, orderId: 'order-1', totalMinor: 500, reply: 'one' }),
      attempt({ id: 3, orderId: 'order-1', totalMinor: 500, reply: 'one' }),
      attempt({ id: 4, cart: 'cart-2', scope: 'cart:cart-2', orderId: 'order-2', totalMinor: 500, reply: 'two' }),
      attempt({
        id: 5,
        action: 'cancel',
        key: null,
        cart: null,
        order: 'order-2',
        scope: 'order:order-2',
        orderId: 'order-2',
      }),
      attempt({ id: 6, cart: 'cart-3', scope: 'cart:cart-3', orderId: 'order-3', totalMinor: 500, reply: 'three' }),
      attempt({ id: 7, cart: 'cart-4', scope: 'cart:cart-4', outcome: 'rejected', code: 'sold_out' }),
      attempt({ id: 8, cart: 'cart-4', scope: 'cart:cart-4', outcome: 'fail', code: 'unavailable' }),
    ],
    provider: [
      intent({}),
      intent({ id: 'pi-2', refunded: 500, metadata: { order_id: 'order-2' } }),
      intent({
        id: 'pi-3',
        status: 'requires_payment_method',
        captured: 0,
        captures: 0,
        metadata: { order_id: 'order-3' },
      }),
    ],
    database: {
      orders: [
        order({}),
        order({
          id: 'order-2',
          cartId: 'cart-2',
          status: 'cancelled',
          paymentStatus: 'refunded',
          intentId: 'pi-2',
          timeline: ['placed', 'paid', 'cancel_requested', 'refunded', 'cancelled'],
        }),
        order({
          id: 'order-3',
          cartId: 'cart-3',
          status: 'placed',
          paymentStatus: 'declined',
          intentId: 'pi-3',
          deadlineMs: 2_000,
          timeline: ['placed', 'payment_declined'],
        }),
      ],
      carts: [
        { id: 'cart-1', orderId: 'order-1' },
        { id: 'cart-2', orderId: 'order-2' },
        { id: 'cart-3', orderId: 'order-3' },
        { id: 'cart-4', orderId: null },
      ],
      stock: [{ sku: 'A', available: 6, reserved: 2, backordered: 0 }],
      movements: [
        { sku: 'A', kind: 'initial', quantity: 10, reference: 'seed' },
        { sku: 'A', kind: 'sold', quantity: -2, reference: 'order-1' },
        { sku: 'A', kind: 'sold', quantity: -2, reference: 'order-2' },
        { sku: 'A', kind: 'returned', quantity: 2, reference: 'order-2' },
      ],
      messages: [],
      deadLetters: [],
      ledger: [
        ...booked('order-1', 'capture', 'provider', 'sales'),
        ...booked('order-2', 'capture', 'provider', 'sales'),
        ...booked('order-2', 'refund', 'refunds', 'provider'),
      ],
      nowMs: 1_000,
    },
    reconciliation: [],
    emails: ['order-order-1.confirmed.eml', 'order-order-2.confirmed.eml', 'order-order-2.cancelled.eml'],
  }
}

const message = {
  id: 9,
  kind: 'email',
  actorId: 'order-1',
  version: 1,
  attempts: 0,
  lastError: null,
  reason: 'it failed',
}

/** The first entry of a list, changed. */
const first = <T extends object>(list: T[], changes: Partial<T>): void => void Object.assign(list[0] ?? {}, changes)

const faults: [title: string, broken: ViolationName, spoil: (facts: Facts) => void][] = [
  ['a reconciliation report that is not empty', 'report_differs', (facts) => void facts.reconciliation.push('{}')],
  ['a ledger that does not balance', 'ledger_differs', ({ database }) => first(database.ledger, { amountMinor: 499 })],
  [
    'a capture that is missing in the ledger',
    'ledger_differs',
    ({ database }) => void (database.ledger = database.ledger.filter(({ orderId }) => orderId !== 'order-1')),
  ],
  ['an acknowledged order that is gone', 'lost_order', ({ database }) => void database.orders.splice(0, 1)],
  [
    'an acknowledged order with another total',
    'lost_order',
    ({ database }) => first(database.orders, { totalMinor: 400 }),
  ],
  ['an order that no buyer placed', 'order_without_request', ({ history }) => void history.splice(5, 1)],
  ['two orders of one cart', 'duplicate_order', ({ database }) => void database.orders.push(order({ id: 'order-9' }))],
  [
    'two orders of one key, one of them never acknowledged',
    'duplicate_order',
    ({ history }) => {
      history.push(
        attempt({ id: 10, scope: 'customer', key: 'same', cart: 'cart-1', outcome: 'info' }),
        attempt({ id: 11, scope: 'customer', key: 'same', cart: 'cart-2', outcome: 'info' }),
      )
    },
  ],
  [
    'a cart that names no order though it has one',
    'duplicate_order',
    ({ database }) => first(database.carts, { orderId: null }),
  ],
  [
    'a replay with another reply',
    'different_replies',
    ({ history }) => void Object.assign(history[2] ?? {}, { reply: 'other' }),
  ],
  [
    'a replay that is rejected',
    'different_replies',
    ({ history }) => {
      history.push(attempt({ id: 10, outcome: 'rejected', code: 'already_placed' }))
    },
  ],
  ['two captures of one payment', 'charged_twice', ({ provider }) => first(provider, { captures: 2, captured: 500 })],
  [
    'a second payment of one order, though it captured nothing',
    'charged_twice',
    ({ provider }) => {
      provider.push(intent({ id: 'pi-9', status: 'requires_payment_method', captured: 0, captures: 0 }))
    },
  ],
  [
    'a charge of an order that does not exist',
    'charge_without_order',
    ({ provider }) => {
      provider.push(intent({ id: 'pi-9', metadata: { order_id: 'order-9' } }))
    },
  ],
  ['a charge of another amount', 'charge_without_order', ({ provider }) => first(provider, { captured: 400 })],
  [
    'a paid order whose payment was not captured',
    'books_differ',
    ({ provider }) => first(provider, { captured: 0, captures: 0 }),
  ],
  [
    'a cancelled order whose payment was not refunded',
    'books_differ',
    ({ provider }) => void Object.assign(provider[1] ?? {}, { refunded: 0 }),
  ],
  [
    'an unpaid order whose payment was captured',
    'books_differ',
    ({ provider }) => void Object.assign(provider[2] ?? {}, { captured: 500, captures: 1 }),
  ],
  [
    'a capture by a payment that the order does not name',
    'books_differ',
    ({ database }) => first(database.orders, { intentId: 'pi-8' }),
  ],
  ['movements that do not sum to the stock', 'oversold', ({ database }) => first(database.movements, { quantity: 9 })],
  ['stock below zero', 'oversold', ({ database }) => first(database.stock, { available: -1, reserved: 9 })],
  [
    'stock reserved for no order',
    'stock_differs',
    ({ database }) => first(database.stock, { available: 5, reserved: 3 }),
  ],
  [
    'a paid order whose stock was not deducted',
    'stock_differs',
    ({ database }) => void database.movements.splice(1, 1),
  ],
  [
    'a refunded order whose stock was not returned',
    'stock_differs',
    ({ database }) => void database.movements.splice(3, 1),
  ],
  [
    'stock sold to an order that does not exist',
    'stock_differs',
    ({ database }) => {
      database.movements.push({ sku: 'A', kind: 'sold', quantity: -1, reference: 'order-9' })
    },
  ],
  [
    'a pending order that no message will continue',
    'unsettled',
    ({ database }) => first(database.orders, { status: 'placed', paymentStatus: 'pending' }),
  ],
  ['an order past its deadline', 'unsettled', ({ database }) => void (database.nowMs = 100_000)],
  [
    'an order that is still being cancelled',
    'unsettled',
    ({ database }) => void Object.assign(database.orders[1] ?? {}, { status: 'cancelling' }),
  ],
  [
    'a failed request that placed an order',
    'failed_took_effect',
    ({ database }) => void database.orders.push(order({ id: 'order-4', cartId: 'cart-4' })),
  ],
  [
    'an acknowledged cancellation that did not happen',
    'cancellation_lost',
    ({ database }) => void Object.assign(database.orders[1] ?? {}, { status: 'paid' }),
  ],
  ['a message that was not handled', 'message_left', ({ database }) => void database.messages.push(message)],
  ['a message that was dead-lettered', 'dead_letter_found', ({ database }) => void database.deadLetters.push(message)],
  ['a paid order without its email', 'email_missing', ({ emails }) => void emails.splice(0, 1)],
  [
    'an order that was paid twice',
    'state_regressed',
    ({ database }) => first(database.orders, { timeline: ['placed', 'paid', 'paid'] }),
  ],
  [
    'an order that was paid after it was cancelled',
    'state_regressed',
    ({ database }) => first(database.orders, { timeline: ['placed', 'cancelled', 'paid'] }),
  ],
]

describe('the checker', () => {
  test('finds no violation in a correct run', () => {
    expect(check(correctFacts())).toEqual([])
  })

  test.each(faults)('finds %s', (_, broken, spoil) => {
    const facts = correctFacts()
    spoil(facts)
    expect(check(facts).map(({ name }) => name)).toContain(broken)
  })

  test('has a test for every name of a violation', () => {
    const tested = new Set(faults.map(([, broken]) => broken))
    expect(Object.keys(violationNames).filter((name) => !tested.has(name as ViolationName))).toEqual([])
  })
})
