import { describe, expect, test } from 'vitest'
import {
  placed,
  decide,
  after,
  staff,
  total,
  opened,
  reported,
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
  rejection,
} from './order.fixture.ts'
import type { OrderMessage } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

describe('paying', () => {
  test('the payment id is stored before the charge, which is the next step', () => {
    const decision = decide(placed, opened)
    expect(decision.state?.payment.intentId).toBe('pi_1')
    expect(decision.outbox).toEqual([{ kind: 'payment', id: placed.id, message: { type: 'move' } }])
  })

  test('a capture makes the order paid, sells its stock, is booked, and ends the deadline', () => {
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

  test('a capture reported again changes nothing, but books a fee that was not known', () => {
    expect(decide(paid, captured)).toEqual({})
    const withoutFee = after(placed, opened, reported({ status: 'captured', amountMinor: total, feeMinor: null }))
    expect(money(withoutFee, captured)).toEqual(['fee:pi_1 100'])
    expect(decide(after(withoutFee, captured), captured)).toEqual({})
  })

  test('a capture without a fee makes the charge effect look the fee up later', () => {
    const decision = decide(after(placed, opened), reported({ status: 'captured', amountMinor: total, feeMinor: null }))
    expect(decision.outbox).toContainEqual(expect.objectContaining({ kind: 'charge', message: { type: 'lookUpFee' } }))
  })

  test("money on a payment that is not the order's is booked and refunded, once", () => {
    const stray: OrderMessage = { ...captured, intentId: 'pi_other' } as OrderMessage
    expect(money(paid, stray)).toEqual([`capture:pi_other ${total}`, 'fee:pi_other 100'])
    const known = after(paid, stray)
    expect(known).toMatchObject({ status: 'paid', paymentStatus: 'captured', refunds: [{ intentId: 'pi_other' }] })
    expect(decide(known, stray)).toEqual({})
  })

  test('a charge with a lost reply is unknown, and is looked up before it is sent again', () => {
    const unknown = decide(after(placed, opened), { type: 'paymentUnknown', intentId: 'pi_1', attempt: 1, round: 2 })
    expect(unknown.state?.paymentStatus).toBe('unknown')
    expect(unknown.outbox).toMatchObject([{ kind: 'payment', message: { type: 'move', round: 2 } }])
    expect(
      after(placed, opened, { type: 'paymentUnknown', intentId: 'pi_1', attempt: 1, round: 0 }, captured),
    ).toMatchObject({ status: 'paid', paymentStatus: 'captured' })
  })

  test('a declined order can be paid again; an old decline does not end a new attempt', () => {
    const waiting = after(placed, opened, declined(1))
    expect(waiting).toMatchObject({ status: 'placed', paymentStatus: 'declined' })
    const again = decide(waiting, pay)
    expect(again.state).toMatchObject({ paymentStatus: 'pending', payment: { attempt: 2, token: 'pm_other' } })
    expect(again.reply).toMatchObject({ paymentStatus: 'pending' })
    expect(decide(after(waiting, pay), declined(1))).toEqual({})
  })

  test("a step at the buyer's bank is passed on, resumed by paying, and not reopened", () => {
    const action = reported({ status: 'requires_action', url: 'https://bank.example' }, 1)
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
    expect(rejection(after(placed, opened), pay)).toContain('under way')
    expect(rejection(paid, pay)).toContain('order_state: The order is paid')
  })
})

describe('held money', () => {
  test('secures the order, and keeps its stock reserved until the capture', () => {
    const open = after(heldLater, opened)
    expect(held).toMatchObject({ status: 'paid', paymentStatus: 'authorised', payment: { wanted: 'nothing' } })
    expect(stock(open, authorised)).toEqual([])
    expect(money(open, authorised)).toEqual([`hold:pi_1 ${total}`])
  })

  test('is captured with the first parcel, the whole amount, once', () => {
    const first = decide(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(first.state).toMatchObject({ status: 'paid', fulfilmentStatus: 'partial', payment: { wanted: 'capture' } })
    expect(first.outbox).toContainEqual({ kind: 'charge', id: placed.id, message: { type: 'capture' } })
    const sent = after(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(money(sent, captured)).toEqual([`hold_released:pi_1 ${total}`, `capture:pi_1 ${total}`, 'fee:pi_1 100'])
    expect(stock(sent, captured)).toEqual(['take 2 MUG', 'take 1 LAMP'])
    expect(decide(after(sent, captured), fulfil()).outbox).toHaveLength(1)
  })

  test('is released when the order is cancelled, and when the hold lapses', () => {
    const cancelling = after(held, cancel)
    expect(cancelling).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(money(cancelling, voided)).toEqual([`hold_released:pi_1 ${total}`])
    expect(stock(cancelling, voided)).toEqual(['release 2 MUG', 'release 1 LAMP'])
    expect(after(held, voided)).toMatchObject({ status: 'cancelled', cancelledBy: 'provider', paymentStatus: 'voided' })
  })

  test('that lapses after a parcel was sent leaves the order uncancelled, its stock sold', () => {
    const sent = after(held, fulfil([{ sku: 'MUG', quantity: 1 }]))
    expect(after(sent, voided)).toMatchObject({ status: 'paid', paymentStatus: 'voided' })
    expect(stock(sent, voided)).toEqual(['take 2 MUG', 'take 1 LAMP'])
  })

  test('cannot be refunded, but can be captured by staff', () => {
    expect(rejection(held, refund('r1'))).toContain('Cancel the order, or capture it first')
    expect(decide(held, { type: 'capture', by: staff }).state).toMatchObject({ payment: { wanted: 'capture' } })
    expect(rejection(paid, { type: 'capture', by: staff })).toContain('nothing to capture')
  })
})

describe('cancelling', () => {
  test('an order that cannot be charged is cancelled immediately, its stock released', () => {
    expect(decide(placed, cancel).state).toMatchObject({ status: 'cancelled', cancelledBy: 'buyer' })
    expect(stock(placed, cancel)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test('a possible charge keeps the stock reserved until the provider confirms the void', () => {
    const open = after(placed, opened)
    expect(decide(open, cancel).state).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(stock(open, cancel)).toEqual([])
    expect(after(open, cancel, voided)).toMatchObject({ status: 'cancelled', paymentStatus: 'voided' })
    expect(stock(after(open, cancel), voided)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test("a capture faster than the buyer's cancellation is refunded, the order cancelled", () => {
    const racing = after(placed, opened, cancel, captured)
    expect(racing).toMatchObject({ status: 'cancelling', paymentStatus: 'captured', refunds: [{ amountMinor: total }] })
    const back = refunded(racing.refunds[0]?.id ?? '')
    expect(after(racing, back)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(stock(racing, back)).toEqual(['release 2 MUG', 'release 1 LAMP'])
  })

  test('a buyer who cancels during the deadline gets a late capture refunded', () => {
    const cancelling = after(placed, opened, deadline, cancel)
    expect(cancelling).toMatchObject({ status: 'cancelling', cancelledBy: 'buyer' })
    expect(after(cancelling, captured)).toMatchObject({ status: 'cancelling', paymentStatus: 'captured' })
    expect(after(cancelling, captured).refunds).toHaveLength(1)
    expect(decide(cancelling, cancel).state).toEqual(cancelling)
  })

  test('a capture faster than the deadline makes the order paid after all', () => {
    expect(after(placed, opened, deadline, captured)).toMatchObject({ status: 'paid', cancelledBy: null })
  })

  test('a paid order is refunded, and its sold stock returned', () => {
    const cancelling = after(paid, cancel)
    const back = refunded(cancelling.refunds[0]?.id ?? '')
    expect(after(cancelling, back)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(stock(cancelling, back)).toEqual(['return 2 MUG', 'return 1 LAMP'])
    expect(after(cancelling, back).timeline.at(-1)).toMatchObject({ event: 'cancelled', role: 'buyer' })
  })

  test('an order whose refund fails stays cancelling until staff refund it again', () => {
    const cancelling = after(paid, cancel)
    const failed = after(cancelling, refunded(cancelling.refunds[0]?.id ?? '', 'failed'))
    expect(failed).toMatchObject({ status: 'cancelling', paymentStatus: 'captured' })
    expect(after(failed, refund('again'), refunded('again'))).toMatchObject({ status: 'cancelled' })
  })

  test('a capture after the cancellation is refunded', () => {
    const late = after(placed, opened, declined(1), cancel, captured)
    expect(late).toMatchObject({ status: 'cancelled', paymentStatus: 'captured', refunds: [{ amountMinor: total }] })
    expect(stock(after(placed, opened, declined(1), cancel), captured)).toEqual([])
  })

  test('an order that was sent, wholly or in part, must be returned instead', () => {
    expect(rejection(after(paid, fulfil()), cancel)).toBe('order_state: The order has been sent. Return it instead.')
    expect(rejection(after(paid, fulfil([{ sku: 'LAMP', quantity: 1 }])), cancel)).toContain(
      'Cancel the lines that were not sent',
    )
  })

  test('a refund that the previous release requested in the row is carried out', () => {
    const fromPreviousRelease: OrderState = {
      ...paid,
      status: 'cancelling',
      cancelledBy: 'buyer',
      payment: { ...paid.payment, wanted: 'refund', capturedMinor: null, feeMinor: null },
    }
    expect(after(fromPreviousRelease, { type: 'refundWanted' })).toMatchObject({
      refunds: [{ amountMinor: total, status: 'pending' }],
    })
    expect(money(fromPreviousRelease, { type: 'refundWanted' })).toEqual([`capture:pi_1 ${total}`])
  })
})
