import { describe, expect, test } from 'vitest'
import type { Attempt } from '../load/history.ts'
import { check, violationNames, type Facts, type StoredOrder, type ViolationName } from './index.ts'

/** One good run, and every way in which a run can go wrong: the checker tells them apart. */

const attempt = (changes: Partial<Attempt>): Attempt => ({
  id: 1,
  op: 1,
  call: 'place',
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

/** A paid order, one that was cancelled after it was paid, one that waits for its buyer, one that was refused. */
function good(): Facts {
  return {
    history: [
      attempt({ outcome: 'info', code: 'time-out' }),
      attempt({ id: 2, orderId: 'order-1', totalMinor: 500, reply: 'one' }),
      attempt({ id: 3, orderId: 'order-1', totalMinor: 500, reply: 'one' }),
      attempt({ id: 4, cart: 'cart-2', scope: 'cart:cart-2', orderId: 'order-2', totalMinor: 500, reply: 'two' }),
      attempt({
        id: 5,
        call: 'cancel',
        key: null,
        cart: null,
        order: 'order-2',
        scope: 'order:order-2',
        orderId: 'order-2',
      }),
      attempt({ id: 6, cart: 'cart-3', scope: 'cart:cart-3', orderId: 'order-3', totalMinor: 500, reply: 'three' }),
      attempt({ id: 7, cart: 'cart-4', scope: 'cart:cart-4', outcome: 'refused', code: 'sold_out' }),
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
      stock: [{ sku: 'A', available: 6, reserved: 2 }],
      movements: [
        { sku: 'A', kind: 'initial', quantity: 10, reference: 'seed' },
        { sku: 'A', kind: 'sold', quantity: -2, reference: 'order-1' },
        { sku: 'A', kind: 'sold', quantity: -2, reference: 'order-2' },
        { sku: 'A', kind: 'returned', quantity: 2, reference: 'order-2' },
      ],
      mail: [],
      parked: [],
      ledger: [
        ...booked('order-1', 'capture', 'provider', 'sales'),
        ...booked('order-2', 'capture', 'provider', 'sales'),
        ...booked('order-2', 'refund', 'refunds', 'provider'),
      ],
      nowMs: 1_000,
    },
    reconciliation: [],
    letters: ['order-order-1.confirmed.eml', 'order-order-2.confirmed.eml', 'order-order-2.cancelled.eml'],
  }
}

const letter = {
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
    'a capture that our ledger does not know',
    'ledger_differs',
    ({ database }) => void (database.ledger = database.ledger.filter(({ orderId }) => orderId !== 'order-1')),
  ],
  ['an acknowledged order is gone', 'lost_order', ({ database }) => void database.orders.splice(0, 1)],
  [
    'an acknowledged order has another total',
    'lost_order',
    ({ database }) => first(database.orders, { totalMinor: 400 }),
  ],
  ['an order that nobody placed', 'order_of_nobody', ({ history }) => void history.splice(5, 1)],
  ['two orders of one cart', 'two_orders', ({ database }) => void database.orders.push(order({ id: 'order-9' }))],
  [
    'two orders of one key, one of them never acknowledged',
    'two_orders',
    ({ history }) => {
      history.push(
        attempt({ id: 10, scope: 'customer', key: 'same', cart: 'cart-1', outcome: 'info' }),
        attempt({ id: 11, scope: 'customer', key: 'same', cart: 'cart-2', outcome: 'info' }),
      )
    },
  ],
  [
    'a cart that names no order though it has one',
    'two_orders',
    ({ database }) => first(database.carts, { orderId: null }),
  ],
  [
    'a replay with another reply',
    'different_replies',
    ({ history }) => void Object.assign(history[2] ?? {}, { reply: 'other' }),
  ],
  [
    'a replay that is refused',
    'different_replies',
    ({ history }) => {
      history.push(attempt({ id: 10, outcome: 'refused', code: 'already_placed' }))
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
    'charge_of_nothing',
    ({ provider }) => {
      provider.push(intent({ id: 'pi-9', metadata: { order_id: 'order-9' } }))
    },
  ],
  ['a charge of another amount', 'charge_of_nothing', ({ provider }) => first(provider, { captured: 400 })],
  ['paid, but not captured', 'books_differ', ({ provider }) => first(provider, { captured: 0, captures: 0 })],
  [
    'cancelled, but not refunded',
    'books_differ',
    ({ provider }) => void Object.assign(provider[1] ?? {}, { refunded: 0 }),
  ],
  [
    'captured, but still waiting',
    'books_differ',
    ({ provider }) => void Object.assign(provider[2] ?? {}, { captured: 500, captures: 1 }),
  ],
  [
    'captured by a payment that we do not know',
    'books_differ',
    ({ database }) => first(database.orders, { intentId: 'pi-8' }),
  ],
  ['movements that do not sum up', 'oversold', ({ database }) => first(database.movements, { quantity: 9 })],
  ['stock below zero', 'oversold', ({ database }) => first(database.stock, { available: -1, reserved: 9 })],
  [
    'stock set aside for nobody',
    'stock_of_finished',
    ({ database }) => first(database.stock, { available: 5, reserved: 3 }),
  ],
  [
    'a paid order whose stock was not taken',
    'stock_of_finished',
    ({ database }) => void database.movements.splice(1, 1),
  ],
  [
    'a refunded order whose stock did not come back',
    'stock_of_finished',
    ({ database }) => void database.movements.splice(3, 1),
  ],
  [
    'stock sold to an order that does not exist',
    'stock_of_finished',
    ({ database }) => {
      database.movements.push({ sku: 'A', kind: 'sold', quantity: -1, reference: 'order-9' })
    },
  ],
  [
    'an order that waits for nothing',
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
    'a cancellation that was forgotten',
    'cancel_forgotten',
    ({ database }) => void Object.assign(database.orders[1] ?? {}, { status: 'paid' }),
  ],
  ['mail that lies about', 'mail_left', ({ database }) => void database.mail.push(letter)],
  ['mail that was parked', 'mail_parked', ({ database }) => void database.parked.push(letter)],
  ['a paid order without its letter', 'letter_missing', ({ letters }) => void letters.splice(0, 1)],
  [
    'an order that was paid twice',
    'state_went_back',
    ({ database }) => first(database.orders, { timeline: ['placed', 'paid', 'paid'] }),
  ],
  [
    'an order that was paid after it was cancelled',
    'state_went_back',
    ({ database }) => first(database.orders, { timeline: ['placed', 'cancelled', 'paid'] }),
  ],
]

describe('the checker', () => {
  test('finds nothing wrong with a run in which all went well', () => {
    expect(check(good())).toEqual([])
  })

  test.each(faults)('sees %s', (_, broken, spoil) => {
    const facts = good()
    spoil(facts)
    expect(check(facts).map(({ name }) => name)).toContain(broken)
  })

  test('has a test for everything it can say', () => {
    const tested = new Set(faults.map(([, broken]) => broken))
    expect(Object.keys(violationNames).filter((name) => !tested.has(name as ViolationName))).toEqual([])
  })
})
