import { describe, expect, test } from 'vitest'
import {
  placed,
  decide,
  after,
  staff,
  total,
  eur,
  cancel,
  refunded,
  refund,
  fulfil,
  takeBack,
  dispute,
  paid,
  held,
  money,
  stock,
  rejection,
} from './order.fixture.ts'
import { derivedRefundId } from '../payment/refund.rules.ts'
import type { OrderMessage } from '../state/order.message.ts'

describe('fulfilling', () => {
  test('an order sent in parts is partial, then fulfilled; each parcel is emailed', () => {
    const first = decide(paid, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(first.state).toMatchObject({ status: 'paid', fulfilmentStatus: 'partial' })
    expect(first.outbox).toMatchObject([{ kind: 'email', message: { template: 'shipped' } }])
    const all = after(paid, fulfil([{ sku: 'MUG', quantity: 1 }]), {
      ...fulfil(),
      fulfilmentId: 'second',
    } as OrderMessage)
    expect(all).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'fulfilled' })
    expect(all.fulfilments[1]?.lines).toEqual([
      { sku: 'MUG', quantity: 1 },
      { sku: 'LAMP', quantity: 1 },
    ])
  })

  test.each([
    ['more than was ordered', paid, fulfil([{ sku: 'MUG', quantity: 3 }]), 'Only 2 of MUG'],
    [
      'more than was ordered, in two lines',
      paid,
      fulfil([
        { sku: 'MUG', quantity: 2 },
        { sku: 'MUG', quantity: 1 },
      ]),
      'Only 2 of MUG',
    ],
    [
      'an SKU that is not in the order',
      paid,
      fulfil([{ sku: 'CUP', quantity: 1 }]),
      'bad_input: CUP is not in this order',
    ],
    ['an unpaid order', placed, fulfil(), 'not paid yet'],
    ['a cancelled order', after(placed, cancel), fulfil(), 'has been cancelled'],
    ['an order being cancelled', after(paid, cancel), fulfil(), 'being cancelled'],
    ['an order sent already', after(paid, fulfil()), fulfil(), 'sent already'],
    ['a refunded order', after(paid, refund('r'), refunded('r')), fulfil(), 'has been refunded'],
  ])('%s is rejected', (_, state, message, why) => {
    expect(rejection(state, message)).toContain(why)
  })
})

describe('returning', () => {
  const sent = after(paid, fulfil())

  test('a return restocks the lines that say so, and refunds the given amount', () => {
    expect(stock(sent, takeBack('MUG', 1))).toEqual(['return 1 MUG'])
    expect(stock(sent, takeBack('MUG', 1, { restock: false }))).toEqual([])
    expect(after(sent, takeBack('MUG', 1, { refund: 500 }))).toMatchObject({
      fulfilmentStatus: 'partially_returned',
      returns: [{ refundId: 'back' }],
      refunds: [{ id: 'back', amountMinor: 500, status: 'pending' }],
    })
  })

  test('a whole return with a whole refund closes the order', () => {
    const back = after(sent, takeBack('MUG', 2), {
      ...takeBack('LAMP', 1, { refund: total }),
      returnId: 'second',
    } as OrderMessage)
    expect(back).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'returned' })
    expect(after(back, refunded('back'))).toMatchObject({ status: 'closed', paymentStatus: 'refunded' })
    expect(rejection(after(back, refunded('back')), refund('r'))).toContain('Nothing is left to refund')
  })

  test.each([
    ['more than was sent', sent, takeBack('MUG', 3), 'Only 2 of MUG'],
    ['a line returned twice', after(sent, takeBack('LAMP', 1)), takeBack('LAMP', 1), 'Nothing of LAMP'],
    ['a line not sent', after(paid, fulfil([{ sku: 'MUG', quantity: 2 }])), takeBack('LAMP', 1), 'Nothing of LAMP'],
    ['a return before anything was sent', placed, takeBack('MUG', 1), 'Cancel it instead'],
    ['a return with a refund above the payment', sent, takeBack('MUG', 1, { refund: total + 1 }), 'Only €35.90'],
    ['a return before the capture', after(held, fulfil()), takeBack('MUG', 1), 'still being captured'],
  ])('%s is rejected, and changes nothing', (_, state, message, why) => {
    expect(rejection(state, message)).toContain(why)
  })

  test('an order is closed after the time for returns, but not while money is pending', () => {
    expect(after(sent, { type: 'close' })).toMatchObject({ status: 'closed' })
    expect(decide(after(sent, refund('r', 1)), { type: 'close' })).toEqual({})
    expect(decide(after(sent, dispute('opened')), { type: 'close' })).toEqual({})
  })
})

describe('refunding', () => {
  test('an order is refunded in parts, each with its own id, until nothing is left', () => {
    const first = after(paid, refund('a', 1000), refunded('a'))
    expect(first).toMatchObject({ status: 'paid', paymentStatus: 'partially_refunded' })
    expect(money(after(paid, refund('a', 1000)), refunded('a'))).toEqual(['refund:a 1000'])
    const all = after(first, refund('b'), refunded('b'))
    expect(all).toMatchObject({ paymentStatus: 'refunded' })
    expect(all.refunds.map(({ amountMinor }) => amountMinor)).toEqual([1000, total - 1000])
    expect(rejection(all, refund('c', 1))).toContain('Nothing is left to refund')
  })

  test.each([
    ['more than was captured', paid, refund('a', total + 1), 'Only €35.90'],
    ['a whole refund while another is pending', after(paid, refund('a')), refund('b'), 'Nothing is left'],
    [
      'another currency',
      paid,
      { ...refund('a'), amount: { amount: 1, currency: 'USD' } } as OrderMessage,
      'refund it in EUR',
    ],
    ['money that was not captured', placed, refund('a'), 'Nothing was captured'],
    ['money that the bank disputes', after(paid, dispute('opened')), refund('a'), 'disputed'],
  ])('%s is rejected', (_, state, message, why) => {
    expect(rejection(state, message)).toContain(why)
  })

  test('a refund that fails returns the money to the shop, and can be made again', () => {
    const refundedOnce = after(paid, refund('a'), refunded('a'))
    expect(money(refundedOnce, refunded('a', 'failed'))).toEqual([`refund_failed:a ${total}`])
    expect(after(refundedOnce, refunded('a', 'failed'))).toMatchObject({ paymentStatus: 'captured' })
    expect(decide(after(refundedOnce, refunded('a', 'failed')), refunded('a'))).toEqual({})
    expect(after(refundedOnce, refunded('a', 'failed'), refund('b'))).toMatchObject({
      refunds: [{ id: 'a' }, { id: 'b' }],
    })
  })

  test('a refund that the provider rejects is not booked', () => {
    const rejected = { ...refunded('a', 'failed'), providerRefundId: null } as OrderMessage
    expect(money(after(paid, refund('a')), rejected)).toEqual([])
  })

  test("a refund made in the provider's dashboard is adopted", () => {
    const elsewhere = { ...refunded('x'), refundId: null, providerRefundId: 're_x', amount: eur(700) } as OrderMessage
    expect(money(paid, elsewhere)).toEqual([`refund:${derivedRefundId('re_x')} 700`])
    expect(after(paid, elsewhere)).toMatchObject({ paymentStatus: 'partially_refunded' })
    expect(decide(after(paid, elsewhere), elsewhere)).toEqual({})
  })
})

describe('a dispute', () => {
  test('is booked with its fee, and booked back when won, in any order of reports', () => {
    expect(money(paid, dispute('opened'))).toEqual([`dispute:dp_1 ${total}`, 'fee:dp_1 1500'])
    expect(money(after(paid, dispute('opened')), dispute('won', 0))).toEqual([
      `dispute_won:dp_1 ${total}`,
      'fee_returned:dp_1:won 1500',
    ])
    expect(money(paid, dispute('won'))).toEqual([`dispute:dp_1 ${total}`, `dispute_won:dp_1 ${total}`, 'fee:dp_1 1500'])
    expect(decide(after(paid, dispute('won')), dispute('opened'))).toEqual({})
  })

  test('that is lost counts as refunded', () => {
    expect(after(paid, dispute('opened'), dispute('lost'))).toMatchObject({ status: 'paid', paymentStatus: 'refunded' })
  })
})

test('a note is visible to staff only, as is its author', () => {
  const { reply, state } = decide(paid, { type: 'note', by: staff, text: 'called twice' })
  expect(state?.timeline.at(-1)).toMatchObject({ detail: 'called twice', userId: staff.userId, isInternal: true })
  expect(JSON.stringify(reply)).not.toContain('called twice')
})
