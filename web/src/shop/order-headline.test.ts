import { expect, test } from 'vitest'
import { headlineOf } from './order-headline.ts'

const order = (events: string[], more: object = {}) => ({
  status: 'cancelled' as const,
  paymentStatus: 'voided' as const,
  fulfilmentStatus: 'unfulfilled' as const,
  refunds: [],
  timeline: events.map((event) => ({ at: '2026-11-01T10:00:00Z', event })),
  ...more,
})

test('an order whose deadline passed promises money back only if money was taken', () => {
  const passed = ['placed', 'payment_deadline_passed', 'cancelled']
  expect(headlineOf(order(passed, { paymentStatus: 'declined' }))).toBe('deadline_passed')
  expect(headlineOf(order([...passed, 'captured_after_cancelling']))).toBe('cancelled')
  expect(headlineOf(order(passed, { paymentStatus: 'refunded' }))).toBe('cancelled')
})

test('an order that was cancelled before it was paid says that nothing was charged', () => {
  expect(headlineOf(order(['placed', 'cancel_requested', 'cancelled']))).toBe('cancelled_unpaid')
  expect(headlineOf(order(['placed', 'paid', 'cancelled']))).toBe('cancelled')
})
