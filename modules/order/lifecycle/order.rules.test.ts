import { describe, expect, test } from 'vitest'
import {
  placed,
  decide,
  after,
  staff,
  total,
  opened,
  told,
  captured,
  authorised,
  voided,
  declined,
  cancel,
  deadline,
  pay,
  refunded,
  refund,
  fulfil,
  paid,
  heldLater,
  held,
  money,
  stock,
  refusal,
} from './order.fixture.ts'
import type { OrderMessage } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

describe('paying', () => {
  test('the id of the payment is kept before it is charged, and charging is the next step', () => {
    const decision = decide(placed, opened)
    expect(decision.state?.payment.intentId).toBe('pi_1')
    expect(decision.outbox).toEqual([{ kind: 'payment', id: placed.id, message: { type: 'settle' } }])
  })

  test('a captured payment makes the order paid, sells its stock, is booked with its fee, and drops the deadline', () => {
    const open = after(placed, opened)
    const decision = decide(open, captured)
    expect(decision.state).toMatchObject({ status: 'paid', paymentStatus: 'captured', paymentDeadline: null })
    expect(stock(open, captured)).toEqual(['take 2 MUG', 'take 1 LAMP'])
    expect(money(open, captured)).toEqual([`capture:pi_1 ${total}`, 'fee:pi_1 100'])
    expect(decision.outbox).toEqual([
      { kind: 'email', id: placed.id, message: { type: 'send', template: 'confirmed' } },
    ])
    expect(decision.cancelMessages).toEqual(['paymentDeadline'])
    expect(decision.state?.timeline.at(-1)).toMatchObject({ event: 'paid', role: 'provider' })
  })

  test('the same capture told again, by webhook or effect, changes nothing; a fee that was not known is booked once', () => {
    expect(decide(paid, captured)).toEqual({})
    const feeless = after(placed, opened, told({ status: 'captured', amountMinor: total, feeMinor: null }))
    expect(money(feeless, captured)).toEqual(['fee:pi_1 100'])
    expect(decide(after(feeless, captured), captured)).toEqual({})
  })

  test('a capture that tells no fee makes us ask for it later', () => {
    const decision = decide(after(placed, opened), told({ status: 'captured', amountMinor: total, feeMinor: null }))
    expect(decision.outbox).toContainEqual(expect.objectContaining({ kind: 'charge', message: { type: 'fee' } }))
  })

  test('money on a payment that is not ours is booked and given back, once', () => {
    const stray: OrderMessage = { ...captured, intentId: 'pi_other' } as OrderMessage
    expect(money(paid, stray)).toEqual([`capture:pi_other ${total}`, 'fee:pi_other 100'])
    const known = after(paid, stray)
    expect(known).toMatchObject({ status: 'paid', paymentStatus: 'captured', refunds: [{ intentId: 'pi_other' }] })
    expect(decide(known, stray)).toEqual({})
  })

  test('a lost reply is shown as unknown, and looked for before the charge is sent again', () => {
    const unknown = decide(after(placed, opened), { type: 'paymentUnknown', intentId: 'pi_1', attempt: 1, round: 2 })
    expect(unknown.state?.paymentStatus).toBe('unknown')
    expect(unknown.outbox).toMatchObject([{ kind: 'payment', message: { type: 'settle', round: 2 } }])
    expect(
      after(placed, opened, { type: 'paymentUnknown', intentId: 'pi_1', attempt: 1, round: 0 }, captured),
    ).toMatchObject({ status: 'paid', paymentStatus: 'captured' })
  })

  test('a declined order keeps its stock, and can be paid again; a decline of an earlier attempt does not end a later one', () => {
    const waiting = after(placed, opened, declined(1))
    expect(waiting).toMatchObject({ status: 'placed', paymentStatus: 'declined' })
    const again = decide(waiting, pay)
    expect(again.state).toMatchObject({ paymentStatus: 'pending', payment: { attempt: 2, token: 'pm_other' } })
    expect(again.reply).toMatchObject({ paymentStatus: 'pending' })
    expect(decide(after(waiting, pay), declined(1))).toEqual({})
  })

  test("what the buyer's bank wants is passed on, resumed by paying, and overtaken by no older result", () => {
    const action = told({ status: 'requires_action', url: 'https://bank.example' }, 1)
    const waiting = after(placed, opened, action)
    expect(waiting).toMatchObject({ paymentStatus: 'requires_action', payment: { actionUrl: 'https://bank.example' } })
    const resumed = after(waiting, pay)
    expect(resumed).toMatchObject({ paymentStatus: 'pending', payment: { attempt: 2, actionUrl: null } })
    expect(decide(resumed, action)).toEqual({})
    expect(after(resumed, captured)).toMatchObject({ status: 'paid' })
    expect(after(waiting, deadline)).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(after(waiting, cancel, voided)).toMatchObject({ status: 'cancelled', paymentStatus: 'voided' })
  })

  test('an order cannot be paid twice', () => {
    expect(refusal(after(placed, opened), pay)).toContain('under way')
    expect(refusal(paid, pay)).toContain('order_state: The order is paid')
  })
})

describe('money that is held', () => {
  test('secures the order, and keeps its stock reserved until it is taken', () => {
    const open = after(heldLater, opened)
    expect(held).toMatchObject({ status: 'paid', paymentStatus: 'authorised', payment: { wanted: 'nothing' } })
    expect(stock(open, authorised)).toEqual([])
    expect(money(open, authorised)).toEqual([`hold:pi_1 ${total}`])
  })

  test('is taken with the first part that is sent, the whole of it, once', () => {
    const first = decide(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(first.state).toMatchObject({ status: 'paid', fulfilmentStatus: 'partial', payment: { wanted: 'capture' } })
    expect(first.outbox).toContainEqual({ kind: 'charge', id: placed.id, message: { type: 'capture' } })
    const sent = after(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(money(sent, captured)).toEqual([`hold_released:pi_1 ${total}`, `capture:pi_1 ${total}`, 'fee:pi_1 100'])
    expect(stock(sent, captured)).toEqual(['take 2 MUG', 'take 1 LAMP'])
    expect(decide(after(sent, captured), fulfil()).outbox).toHaveLength(1)
  })

  test('is let go when the order is cancelled, and when it lapses', () => {
    const cancelling = after(held, cancel)
    expect(cancelling).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(money(cancelling, voided)).toEqual([`hold_released:pi_1 ${total}`])
    expect(stock(cancelling, voided)).toEqual(['release 2 MUG', 'release 1 LAMP'])
    expect(after(held, voided)).toMatchObject({ status: 'cancelled', cancelledBy: 'provider', paymentStatus: 'voided' })
  })

  test('that lapses after something was sent is for the staff: the pieces are gone, the order is not cancelled', () => {
    const sent = after(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(after(sent, voided)).toMatchObject({ status: 'paid', paymentStatus: 'voided' })
    expect(stock(sent, voided)).toEqual(['take 2 MUG', 'take 1 LAMP'])
  })

  test('cannot be refunded, but captured by staff', () => {
    expect(refusal(held, refund('r1'))).toContain('Cancel the order, or capture it first')
    expect(decide(held, { type: 'capture', by: staff }).state).toMatchObject({ payment: { wanted: 'capture' } })
    expect(refusal(paid, { type: 'capture', by: staff })).toContain('nothing to capture')
  })
})

describe('cancelling', () => {
  test('before anything can have been charged: at once, stock released', () => {
    expect(decide(placed, cancel).state).toMatchObject({ status: 'cancelled', cancelledBy: 'buyer' })
    expect(stock(placed, cancel)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test('while a charge may be under way: stock is held until the provider has confirmed that nothing was charged', () => {
    const open = after(placed, opened)
    expect(decide(open, cancel).state).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(stock(open, cancel)).toEqual([])
    expect(after(open, cancel, voided)).toMatchObject({ status: 'cancelled', paymentStatus: 'voided' })
    expect(stock(after(open, cancel), voided)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test('by the buyer, but the capture was faster: refunded, then cancelled, stock released', () => {
    const racing = after(placed, opened, cancel, captured)
    expect(racing).toMatchObject({ status: 'cancelling', paymentStatus: 'captured', refunds: [{ amountMinor: total }] })
    const back = refunded(racing.refunds[0]?.id ?? '')
    expect(after(racing, back)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(stock(racing, back)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test('by the buyer while the deadline is ending the order: a capture that comes late is given back', () => {
    const left = after(placed, opened, deadline, cancel)
    expect(left).toMatchObject({ status: 'cancelling', cancelledBy: 'buyer' })
    expect(after(left, captured)).toMatchObject({ status: 'cancelling', paymentStatus: 'captured' })
    expect(after(left, captured).refunds).toHaveLength(1)
    expect(decide(left, cancel).state).toEqual(left)
  })

  test('by the deadline, but the capture was faster: the order is paid after all', () => {
    expect(after(placed, opened, deadline, captured)).toMatchObject({ status: 'paid', cancelledBy: null })
  })

  test('a paid order: refunded, and what was sold comes back', () => {
    const cancelling = after(paid, cancel)
    const back = refunded(cancelling.refunds[0]?.id ?? '')
    expect(after(cancelling, back)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(stock(cancelling, back)).toEqual(['return 2 MUG', 'return 1 LAMP'])
    expect(after(cancelling, back).timeline.at(-1)).toMatchObject({ event: 'cancelled', role: 'buyer' })
  })

  test('whose refund fails stays unfinished, and staff refund it again', () => {
    const cancelling = after(paid, cancel)
    const failed = after(cancelling, refunded(cancelling.refunds[0]?.id ?? '', 'failed'))
    expect(failed).toMatchObject({ status: 'cancelling', paymentStatus: 'captured' })
    expect(after(failed, refund('again'), refunded('again'))).toMatchObject({ status: 'cancelled' })
  })

  test('a capture that comes after the cancellation is refunded', () => {
    const late = after(placed, opened, declined(1), cancel, captured)
    expect(late).toMatchObject({ status: 'cancelled', paymentStatus: 'captured', refunds: [{ amountMinor: total }] })
    expect(stock(after(placed, opened, declined(1), cancel), captured)).toEqual([])
  })

  test('what was sent, wholly or in part, is refused in favour of returning it', () => {
    expect(refusal(after(paid, fulfil()), cancel)).toBe('order_state: The order has been sent. Return it instead.')
    expect(refusal(after(paid, fulfil([{ sku: 'LAMP', quantity: 1 }])), cancel)).toContain('Return it instead')
  })

  test('what the version before has wanted back in its own way is refunded', () => {
    const before: OrderState = {
      ...paid,
      status: 'cancelling',
      cancelledBy: 'buyer',
      payment: { ...paid.payment, wanted: 'refund', capturedMinor: null, feeMinor: null },
    }
    expect(after(before, { type: 'refundWanted' })).toMatchObject({
      refunds: [{ amountMinor: total, status: 'pending' }],
    })
    expect(money(before, { type: 'refundWanted' })).toEqual([`capture:pi_1 ${total}`])
  })
})
