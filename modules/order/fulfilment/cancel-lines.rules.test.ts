import { describe, expect, test } from 'vitest'
import {
  after,
  cancel,
  decide,
  dispute,
  fulfil,
  held,
  paid,
  placed,
  placedAt,
  refund,
  refunded,
  rejection,
  staff,
  stock,
  takeBack,
  total,
} from '../lifecycle/order.fixture.ts'
import type { OrderMessage } from '../state/order.message.ts'

const cancelLines = (
  lines?: { sku: string; quantity: number }[],
  more: { refundShipping?: boolean } = {},
): OrderMessage => ({
  type: 'cancelLines',
  by: staff,
  cancellationId: '01890000-0000-7000-8000-0000000000cc',
  refundId: 'lines',
  lines,
  reason: 'broken in the warehouse',
  ...more,
})
const lampSent = after(paid, fulfil([{ sku: 'LAMP', quantity: 1 }]))

describe('cancelling unsent lines', () => {
  test('the lines are on sale again, their worth is refunded, and the order is fulfilled by what was sent', () => {
    expect(stock(lampSent, cancelLines())).toEqual(['return 2 MUG'])
    const after1 = after(lampSent, cancelLines())
    expect(after1).toMatchObject({
      status: 'fulfilled',
      fulfilmentStatus: 'fulfilled',
      lastSentAt: placedAt,
      cancellations: [{ lines: [{ sku: 'MUG', quantity: 2 }], refundId: 'lines' }],
      refunds: [{ id: 'lines', amountMinor: 1000, lines: [{ sku: 'MUG', quantity: 2 }], shippingMinor: 0 }],
    })
    expect(decide(lampSent, cancelLines()).outbox).toMatchObject([
      { kind: 'email', message: { template: 'lines_cancelled' } },
      { kind: 'charge', message: { type: 'refund', refundId: 'lines' } },
    ])
  })

  test('an order part sent, then refunded whole, ends: its unsent lines are cancelled and the sent ones come back', () => {
    const refundedWhole = after(lampSent, refund('all'), refunded('all'))
    expect(refundedWhole).toMatchObject({ status: 'paid', paymentStatus: 'refunded', attention: ['refunded_unsent'] })
    expect(rejection(refundedWhole, fulfil())).toContain('Cancel the lines that were not sent')
    const cancelled = after(refundedWhole, cancelLines())
    expect(cancelled).toMatchObject({ status: 'fulfilled', attention: null, refunds: [{ id: 'all' }] })
    expect(after(cancelled, takeBack('LAMP', 1))).toMatchObject({ status: 'closed', fulfilmentStatus: 'returned' })
    expect(after(refundedWhole, takeBack('LAMP', 1), cancelLines())).toMatchObject({ status: 'closed' })
  })

  test('lines cancelled earlier are not put on sale twice by cancelling the order', () => {
    const without = after(paid, cancelLines([{ sku: 'MUG', quantity: 1 }]), refunded('lines'))
    expect(without).toMatchObject({ status: 'paid', fulfilmentStatus: 'unfulfilled' })
    const cancelling = after(without, cancel)
    const rest = `${without.id}-${after(without, cancel).version - 1}`
    expect(cancelling.refunds.at(-1)).toMatchObject({ id: rest, amountMinor: total - 500 })
    expect(stock(cancelling, refunded(rest))).toEqual(['return 1 MUG', 'return 1 LAMP'])
  })

  test('what was refunded already is not refunded again', () => {
    const mugRefunded = after(lampSent, { ...refund('mug'), lines: [{ sku: 'MUG', quantity: 1 }] } as OrderMessage)
    expect(after(mugRefunded, cancelLines()).refunds.at(-1)).toMatchObject({ id: 'lines', amountMinor: 500 })
  })

  test.each([
    ['an unpaid order', placed, cancelLines(), 'not paid yet'],
    ['held money', held, cancelLines([{ sku: 'MUG', quantity: 1 }]), 'only held'],
    [
      'money being captured',
      after(held, fulfil([{ sku: 'LAMP', quantity: 1 }])),
      cancelLines(),
      'still being captured',
    ],
    ['a disputed payment', after(lampSent, dispute('opened')), cancelLines(), 'disputes'],
    ['the whole order', paid, cancelLines(), 'Cancel the order instead'],
    ['more than is unsent', lampSent, cancelLines([{ sku: 'MUG', quantity: 3 }]), 'Only 2 of MUG'],
    ['what was sent', lampSent, cancelLines([{ sku: 'LAMP', quantity: 1 }]), 'Only 0 of LAMP'],
    ['an order sent whole', after(paid, fulfil()), cancelLines(), 'left to be sent'],
  ])('%s is rejected', (_, state, message, why) => {
    expect(rejection(state, message)).toContain(why)
  })
})
