import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPayable, payableStep } from '#lib/currency'
import {
  after,
  decide,
  dispute,
  fulfil,
  money,
  paid,
  placed,
  placedAt,
  refund,
  refunded,
  rejection,
  takeBack,
  total,
} from '../lifecycle/order.fixture.ts'
import { sumUp } from '../pricing/totals.rules.ts'
import { orderView } from '../state/order.view.ts'
import type { OrderMessage } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'
import { derivedRefundId } from './refund.rules.ts'

const of = (id: string, content: object): OrderMessage => ({ ...refund(id), ...content })
const mugs = (quantity: number) => ({ lines: [{ sku: 'MUG', quantity }] })

describe('refunds by line', () => {
  test('lines are refunded at their price, shipping where asked, with the tax in both shown', () => {
    const state = after(paid, of('a', { ...mugs(1), refundShipping: true }), refunded('a'))
    expect(orderView(state).refunds).toMatchObject([
      { amount: { amount: 1090 }, shipping: { amount: 590 }, tax: { amount: 174 }, lines: mugs(1).lines },
    ])
    expect(state.paymentStatus).toBe('partially_refunded')
  })

  test.each([
    ['more than was ordered', paid, of('a', mugs(3)), 'Only 2 of MUG'],
    ['lines refunded already', after(paid, of('a', mugs(2))), of('b', mugs(1)), 'Only 0 of MUG'],
    ['lines and an amount', paid, of('a', { ...mugs(1), amount: { amount: 1, currency: 'EUR' } }), 'leave one of them'],
    ['an unknown SKU', paid, of('a', { lines: [{ sku: 'CUP', quantity: 1 }] }), 'not in this order'],
    [
      'shipping refunded already',
      after(paid, of('a', { refundShipping: true })),
      of('b', { refundShipping: true }),
      'Nothing was paid',
    ],
    ['more than is left', after(paid, refund('a', total - 400)), of('b', mugs(1)), 'Only €4.00 can still'],
  ])('%s is rejected', (_, state, message, why) => {
    expect(rejection(state, message)).toContain(why)
  })

  test('parts in any order sum to the total, to the last minor unit, with tax included or added', () => {
    const parts = fc.shuffledSubarray(
      ['shipping', ...Array.from({ length: 7 }, (_, index) => (index < 4 ? 'MUG' : 'LAMP'))],
      {
        minLength: 8,
      },
    )
    const price = fc.integer({ min: 1, max: 99_999 })
    fc.assert(
      fc.property(
        parts,
        price,
        price,
        price,
        fc.constantFrom('DE', 'CA'),
        fc.constantFrom('EUR', 'JPY', 'KWD', 'HUF', 'MGA', 'CLF'),
        (order, ...[mugPrice, lampPrice, shippingPrice, country, currency]) => {
          const step = payableStep(currency)
          const [mug, lamp, shippingMinor] = [mugPrice * step, lampPrice * step, shippingPrice * step]
          const lines = placed.lines.map((line) =>
            line.sku === 'MUG'
              ? { ...line, unitPriceMinor: mug, quantity: 4 }
              : { ...line, unitPriceMinor: lamp, quantity: 3 },
          )
          const sums = sumUp({ currency, itemsMinor: 4 * mug + 3 * lamp, shippingMinor, address: { country } })
          let state: OrderState = {
            ...paid,
            currency,
            lines,
            ...sums,
            payment: { ...paid.payment, capturedMinor: sums.totalMinor },
          }
          order.forEach((part, index) => {
            const content = part === 'shipping' ? { refundShipping: true } : { lines: [{ sku: part, quantity: 1 }] }
            state = after(state, of(`r${index}`, content), refunded(`r${index}`))
          })
          for (const { amountMinor: amount } of state.refunds) expect(isPayable({ amount, currency })).toBe(true)
          expect(state.refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(sums.totalMinor)
          expect(state.refunds.reduce((sum, { taxMinor }) => sum + taxMinor, 0)).toBe(sums.taxMinor)
          expect(state.paymentStatus).toBe('refunded')
        },
      ),
    )
  })
})

describe('a return', () => {
  const sent = after(paid, fulfil())

  test('refunds the worth of its lines, and the shipping, where asked', () => {
    const state = after(sent, { ...takeBack('MUG', 2), refundLines: true, refundShipping: true } as OrderMessage)
    expect(state.refunds).toMatchObject([{ amountMinor: 1590, shippingMinor: 590, lines: mugs(2).lines }])
  })

  test('refunds at most the worth of everything that has come back, and the shipping', () => {
    expect(rejection(sent, takeBack('MUG', 1, { refund: 1091 }))).toContain('worth €10.90,')
    expect(after(sent, takeBack('MUG', 1, { refund: 1090 })).refunds).toMatchObject([{ amountMinor: 1090 }])
  })
})

describe('money that is owed', () => {
  const closed = after(paid, fulfil(), takeBack('MUG', 2), takeBack('LAMP', 1, { refund: total }), refunded('back'))

  test('a refund that fails after the order was closed is reported to staff and buyer, and made again', () => {
    expect(closed).toMatchObject({ status: 'closed', paymentStatus: 'refunded' })
    const failed = decide(closed, refunded('back', 'failed'))
    expect(failed.state).toMatchObject({ status: 'closed', paymentStatus: 'captured', attention: ['refund_failed'] })
    expect(failed.outbox).toMatchObject([{ kind: 'email', message: { template: 'refund_failed', reference: 'back' } }])
    const again = after(closed, refunded('back', 'failed'), of('again', { failedRefundId: 'back' }))
    expect(again).toMatchObject({ attention: null, refunds: [{ id: 'back' }, { id: 'again', amountMinor: total }] })
    expect(after(again, refunded('again'))).toMatchObject({ status: 'closed', paymentStatus: 'refunded' })
    expect(rejection(again, of('thrice', { failedRefundId: 'back' }))).toContain('no failed refund')
  })

  test('of two refunds that failed, one that is made again leaves the other owed, of the same amount or a smaller one', () => {
    for (const smaller of [1, 500]) {
      const both = after(paid, refund('a', smaller), refund('b', 500), refunded('a', 'failed'), refunded('b', 'failed'))
      const [again, rest] = [of('again', { failedRefundId: 'b' }), of('rest', { failedRefundId: 'a' })]
      const one = after(both, again, refunded('again'))
      expect(one.attention).toEqual(['refund_failed'])
      expect(rejection(one, of('c', { failedRefundId: 'b' }))).toContain('no failed refund')
      expect(after(one, rest, refunded('rest')).attention).toBeNull()
      // Without its name, a refund of the same amount makes up for one of them.
      expect(after(both, refund('x', 500), refund('y', smaller)).attention).toBeNull()
    }
  })

  test('a failed refund that staff pay by other means is booked against the bank, and ends the cancellation', () => {
    const cancelling = after(paid, { type: 'cancel', by: { role: 'staff', userId: null }, reason: 'no stock' })
    const id = cancelling.refunds[0]?.id ?? ''
    const failed = after(cancelling, refunded(id, 'failed'))
    expect(failed).toMatchObject({ status: 'cancelling', attention: ['refund_failed'] })
    const outside = of('transfer', { failedRefundId: id, method: 'outside' })
    expect(money(failed, outside)).toEqual([`refund_outside:transfer ${total}`])
    expect(decide(failed, outside).outbox).toMatchObject([{ kind: 'email', message: { template: 'cancelled' } }])
    expect(after(failed, outside)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded', attention: null })
  })

  test('a refund of an unexpected payment that fails is made again, on that payment', () => {
    const unexpected: OrderMessage = {
      type: 'paymentResult',
      intentId: 'pi_2',
      result: { status: 'captured', amountMinor: 700, feeMinor: null },
    }
    const failed = after(paid, unexpected, {
      ...refunded(derivedRefundId('pi_2'), 'failed'),
      intentId: 'pi_2',
    } as OrderMessage)
    expect(failed.attention).toEqual(['refund_failed'])
    expect(after(failed, of('again', { failedRefundId: derivedRefundId('pi_2') })).refunds.at(-1)).toMatchObject({
      intentId: 'pi_2',
      amountMinor: 700,
    })
  })

  test('money that a won dispute brings back to a cancelled order is refunded', () => {
    const cancelling = after(paid, { type: 'cancel', by: { role: 'buyer', userId: null } })
    const disputed = after(cancelling, refunded(cancelling.refunds[0]?.id ?? '', 'failed'), dispute('opened'))
    expect(disputed.attention).toEqual(['disputed'])
    expect(after(disputed, dispute('won')).refunds.at(-1)).toMatchObject({ amountMinor: total, status: 'pending' })
  })

  test('a disputed order is not sent until the dispute is closed', () => {
    const disputed = after(paid, dispute('opened'))
    expect(rejection(disputed, fulfil())).toContain('disputes this payment')
    expect(after(disputed, dispute('won'), fulfil())).toMatchObject({ status: 'fulfilled' })
  })

  test('an order whose dispute is won long after its parcel is closed like any other', () => {
    const state = after(paid, fulfil(), dispute('opened'))
    expect(decide(state, { type: 'close' })).toEqual({})
    expect(after(state, dispute('won'))).toMatchObject({ status: 'fulfilled', lastSentAt: placedAt })
    expect(after(state, dispute('won'), { type: 'close' })).toMatchObject({ status: 'closed', lastSentAt: null })
  })
})

test("staff's reasons and the provider's ids and codes are not shown to the buyer, staff's messages are", () => {
  const by = { role: 'staff', userId: null } as const
  const secret = 'suspected fraud, do not tell the buyer'
  const states = [
    after(paid, { type: 'cancel', by, reason: secret, message: 'Sorry' }),
    after(paid, { ...refund('a', 5), reason: secret, message: 'Sorry' } as OrderMessage, refunded('a')),
    after(paid, fulfil(), { ...takeBack('MUG', 1, { refund: 5 }), reason: secret, message: 'Sorry' } as OrderMessage),
    after(paid, fulfil(), dispute('opened')),
    after(paid, { ...refunded('a', 'failed'), refundId: null } as OrderMessage),
  ]
  for (const state of states) {
    const view = JSON.stringify(orderView(state))
    expect(view).not.toContain(secret)
    expect(view).not.toMatch(/pi_1|fraudulent|dp_1/)
  }
  for (const state of states.slice(0, 3)) expect(JSON.stringify(orderView(state))).toContain('Sorry')
  const own = after(paid, { type: 'cancel', by: { role: 'buyer', userId: null }, reason: 'Changed my mind' })
  expect(JSON.stringify(orderView(own))).toContain('Changed my mind')
})
