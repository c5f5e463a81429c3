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
  refusal,
} from './order.fixture.ts'
import type { OrderMessage } from '../state/order.message.ts'

describe('sending', () => {
  test('in parts: partial, then fulfilled; each part is written to the buyer', () => {
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
    ['what is not in the order', paid, fulfil([{ sku: 'CUP', quantity: 1 }]), 'bad_input: CUP is not in this order'],
    ['what is not paid', placed, fulfil(), 'not paid yet'],
    ['what is cancelled', after(placed, cancel), fulfil(), 'has been cancelled'],
    ['what is being cancelled', after(paid, cancel), fulfil(), 'being cancelled'],
    ['what has been sent', after(paid, fulfil()), fulfil(), 'sent already'],
    ['what was refunded', after(paid, refund('r'), refunded('r')), fulfil(), 'has been refunded'],
  ])('%s is refused', (_, state, message, why) => {
    expect(refusal(state, message)).toContain(why)
  })
})

describe('returning', () => {
  const sent = after(paid, fulfil())

  test('puts on sale again what may be, and gives back what is said', () => {
    expect(stock(sent, takeBack('MUG', 1))).toEqual(['return 1 MUG'])
    expect(stock(sent, takeBack('MUG', 1, { restock: false }))).toEqual([])
    expect(after(sent, takeBack('MUG', 1, { refund: 500 }))).toMatchObject({
      fulfilmentStatus: 'partially_returned',
      returns: [{ refundId: 'back' }],
      refunds: [{ id: 'back', amountMinor: 500, status: 'pending' }],
    })
  })

  test('all of it with all of its money closes the order', () => {
    const back = after(sent, takeBack('MUG', 2), {
      ...takeBack('LAMP', 1, { refund: total }),
      returnId: 'second',
    } as OrderMessage)
    expect(back).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'returned' })
    expect(after(back, refunded('back'))).toMatchObject({ status: 'closed', paymentStatus: 'refunded' })
    expect(refusal(after(back, refunded('back')), refund('r'))).toContain('closed')
  })

  test.each([
    ['more than was sent', sent, takeBack('MUG', 3), 'Only 2 of MUG'],
    ['twice', after(sent, takeBack('LAMP', 1)), takeBack('LAMP', 1), 'Nothing of LAMP'],
    ['what was not sent', after(paid, fulfil([{ sku: 'MUG', quantity: 2 }])), takeBack('LAMP', 1), 'Nothing of LAMP'],
    ['before anything was sent', placed, takeBack('MUG', 1), 'Cancel it instead'],
    ['with more money than was paid', sent, takeBack('MUG', 1, { refund: total + 1 }), `Only ${total}`],
    ['before its money was taken', after(held, fulfil()), takeBack('MUG', 1), 'still being captured'],
  ])('%s is refused, and changes nothing', (_, state, message, why) => {
    expect(refusal(state, message)).toContain(why)
  })

  test('after its time the order is closed, but not while money is on its way', () => {
    expect(after(sent, { type: 'close' })).toMatchObject({ status: 'closed' })
    expect(decide(after(sent, refund('r', 1)), { type: 'close' })).toEqual({})
    expect(decide(after(sent, dispute('opened')), { type: 'close' })).toEqual({})
  })
})

describe('refunding', () => {
  test('in parts, each with an id of its own, until nothing is left', () => {
    const first = after(paid, refund('a', 1000), refunded('a'))
    expect(first).toMatchObject({ status: 'paid', paymentStatus: 'partially_refunded' })
    expect(money(after(paid, refund('a', 1000)), refunded('a'))).toEqual(['refund:a 1000'])
    const all = after(first, refund('b'), refunded('b'))
    expect(all).toMatchObject({ paymentStatus: 'refunded' })
    expect(all.refunds.map(({ amountMinor }) => amountMinor)).toEqual([1000, total - 1000])
    expect(refusal(all, refund('c', 1))).toContain('Nothing is left to refund')
  })

  test.each([
    ['more than was captured', paid, refund('a', total + 1), `Only ${total}`],
    ['all of it twice at once', after(paid, refund('a')), refund('b'), 'Nothing is left'],
    [
      'in another currency',
      paid,
      { ...refund('a'), amount: { amount: 1, currency: 'USD' } } as OrderMessage,
      'refund it in EUR',
    ],
    ['what was not captured', placed, refund('a'), 'Nothing was captured'],
    ['what the bank disputes', after(paid, dispute('opened')), refund('a'), 'disputed'],
  ])('%s is refused', (_, state, message, why) => {
    expect(refusal(state, message)).toContain(why)
  })

  test('one that fails is money with us again, and can be refunded anew', () => {
    const open = after(paid, refund('a'), refunded('a'))
    expect(money(open, refunded('a', 'failed'))).toEqual([`refund_failed:a ${total}`])
    expect(after(open, refunded('a', 'failed'))).toMatchObject({ paymentStatus: 'captured' })
    expect(decide(after(open, refunded('a', 'failed')), refunded('a'))).toEqual({})
    expect(after(open, refunded('a', 'failed'), refund('b'))).toMatchObject({ refunds: [{ id: 'a' }, { id: 'b' }] })
  })

  test('one that the provider refuses is booked nowhere', () => {
    const refused = { ...refunded('a', 'failed'), providerRefundId: null } as OrderMessage
    expect(money(after(paid, refund('a')), refused)).toEqual([])
  })

  test("one made on the provider's own pages is taken over", () => {
    const elsewhere = { ...refunded('x'), refundId: null, providerRefundId: 're_x', amount: eur(700) } as OrderMessage
    expect(money(paid, elsewhere)).toEqual(['refund:re_x 700'])
    expect(after(paid, elsewhere)).toMatchObject({ paymentStatus: 'partially_refunded' })
    expect(decide(after(paid, elsewhere), elsewhere)).toEqual({})
  })
})

describe('a dispute', () => {
  test('is booked with its fee, and what is won comes back, in whatever order it is told', () => {
    expect(money(paid, dispute('opened'))).toEqual([`dispute:dp_1 ${total}`, 'fee:dp_1 1500'])
    expect(money(after(paid, dispute('opened')), dispute('won', 0))).toEqual([
      `dispute_won:dp_1 ${total}`,
      'fee_returned:dp_1:won 1500',
    ])
    expect(money(paid, dispute('won'))).toEqual([`dispute:dp_1 ${total}`, `dispute_won:dp_1 ${total}`, 'fee:dp_1 1500'])
    expect(decide(after(paid, dispute('won')), dispute('opened'))).toEqual({})
  })

  test('that is lost is money back with the buyer', () => {
    expect(after(paid, dispute('opened'), dispute('lost'))).toMatchObject({ status: 'paid', paymentStatus: 'refunded' })
  })
})

test('notes are for the staff: no buyer reads them, or who wrote them', () => {
  const { reply, state } = decide(paid, { type: 'note', by: staff, text: 'called twice' })
  expect(state?.timeline.at(-1)).toMatchObject({ detail: 'called twice', userId: staff.userId, isInternal: true })
  expect(JSON.stringify(reply)).not.toContain('called twice')
})
