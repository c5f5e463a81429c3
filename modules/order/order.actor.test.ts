import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '#errors'
import type { OrderStatus } from './contract.ts'
import { decideOrder, type OrderMessage } from './order.actor.ts'
import type { OrderState } from './state.ts'

const placedAt = new Date('2026-11-22T12:00:00Z')

const placed: OrderState = {
  id: '01890000-0000-7000-8000-000000000001',
  number: 'ABCDE-12345',
  cartId: '01890000-0000-7000-8000-000000000002',
  userId: null,
  status: 'placed',
  paymentStatus: 'pending',
  fulfilmentStatus: 'unfulfilled',
  cancelledBy: null,
  version: 1,
  currency: 'EUR',
  locale: 'en',
  email: 'ada@example.com',
  shippingAddress: { name: 'Ada', line1: '1 Street', city: 'Berlin', postalCode: '10115', country: 'DE' },
  billingAddress: null,
  shippingOption: { id: 'standard', name: 'Standard' },
  itemsMinor: 1000,
  discountMinor: 0,
  shippingMinor: 590,
  taxMinor: 254,
  taxIncluded: true,
  totalMinor: 1590,
  paymentDeadline: new Date('2026-11-22T12:15:00Z'),
  placedAt,
  lines: [
    { sku: 'MUG', productId: '01890000-0000-7000-8000-000000000003', title: 'Mug', quantity: 2, unitPriceMinor: 500 },
  ],
  timeline: [{ at: placedAt, event: 'placed', detail: null }],
  payment: {
    provider: 'stripe',
    methodId: 'card',
    token: 'pm_card_visa',
    intentId: null,
    attempt: 1,
    wanted: 'capture',
    actionUrl: null,
  },
}

const decide = (state: OrderState, message: OrderMessage) =>
  decideOrder(state, message, { id: state.id, now: placedAt, shared: undefined })
const after = (state: OrderState, ...messages: OrderMessage[]): OrderState =>
  messages.reduce((current, message) => decide(current, message).state ?? current, state)

const opened: OrderMessage = { type: 'paymentOpened', intentId: 'pi_1', attempt: 1 }
const result = (status: 'captured' | 'voided' | 'processing' | 'open', attempt?: number): OrderMessage => ({
  type: 'paymentResult',
  intentId: 'pi_1',
  result: { status },
  ...(attempt === undefined ? {} : { attempt }),
})
const declined = (attempt?: number): OrderMessage => ({
  type: 'paymentResult',
  intentId: 'pi_1',
  result: { status: 'declined', code: 'generic' },
  ...(attempt === undefined ? {} : { attempt }),
})
const cancel: OrderMessage = { type: 'cancel', by: 'buyer' }
const deadline: OrderMessage = { type: 'paymentDeadline' }
const pay: OrderMessage = { type: 'pay', methodId: 'card', token: 'pm_other' }

describe('paying', () => {
  test('the id of the payment is kept before it is charged, and charging is the next step', () => {
    const decision = decide(placed, opened)
    expect(decision.state?.payment.intentId).toBe('pi_1')
    expect(decision.mail).toEqual([{ kind: 'payment', id: placed.id, message: { type: 'settle' } }])
  })

  test('a captured payment makes the order paid, sells its stock, writes to the buyer and drops the deadline', () => {
    const decision = decide(after(placed, opened), result('captured', 1))
    expect(decision.state).toMatchObject({ status: 'paid', paymentStatus: 'captured', paymentDeadline: null })
    expect(decision.movements).toEqual([{ sku: 'MUG', kind: 'take', quantity: 2, reference: placed.id }])
    expect(decision.mail).toEqual([{ kind: 'email', id: placed.id, message: { type: 'send', template: 'confirmed' } }])
    expect(decision.cancelMail).toEqual(['paymentDeadline'])
  })

  test('the same capture told again, by webhook or effect, changes nothing', () => {
    const paid = after(placed, opened, result('captured', 1))
    expect(decide(paid, result('captured'))).toEqual({})
    expect(decide(paid, result('captured', 1))).toEqual({})
  })

  test('a result of another payment changes nothing', () => {
    expect(decide(after(placed, opened), { ...result('captured'), intentId: 'pi_other' } as OrderMessage)).toEqual({})
  })

  test('a declined order keeps its stock, and can be paid again', () => {
    const waiting = after(placed, opened, declined(1))
    expect(waiting).toMatchObject({ status: 'placed', paymentStatus: 'declined' })
    const again = decide(waiting, pay)
    expect(again.state).toMatchObject({
      paymentStatus: 'pending',
      payment: { attempt: 2, token: 'pm_other', wanted: 'capture' },
    })
    expect(again.reply).toMatchObject({ paymentStatus: 'pending' })
  })

  test('a decline of an earlier attempt does not end a later one', () => {
    expect(decide(after(placed, opened, declined(1), pay), declined(1))).toEqual({})
  })

  test('an order cannot be paid twice', () => {
    expect(() => decide(after(placed, opened), pay)).toThrow(AppError)
    expect(() => decide(after(placed, opened, result('captured', 1)), pay)).toThrow(AppError)
  })
})

describe('cancelling', () => {
  test('before anything can have been charged: at once, stock released', () => {
    const decision = decide(placed, cancel)
    expect(decision.state).toMatchObject({ status: 'cancelled', cancelledBy: 'buyer' })
    expect(decision.movements).toEqual([{ sku: 'MUG', kind: 'release', quantity: 2, reference: placed.id }])
  })

  test('while a charge may be under way: stock is held until the provider has confirmed that nothing was charged', () => {
    const decision = decide(after(placed, opened), cancel)
    expect(decision.state).toMatchObject({ status: 'cancelling', payment: { wanted: 'void' } })
    expect(decision.movements ?? []).toEqual([])
    const ended = decide(after(placed, opened, cancel), result('voided', 1))
    expect(ended.state).toMatchObject({ status: 'cancelled', paymentStatus: 'voided' })
    expect(ended.movements).toMatchObject([{ kind: 'release' }])
  })

  test('by the buyer, but the capture was faster: refunded, then cancelled, stock released', () => {
    const racing = after(placed, opened, cancel, result('captured', 1))
    expect(racing).toMatchObject({ status: 'cancelling', paymentStatus: 'captured', payment: { wanted: 'refund' } })
    const ended = decide(racing, { type: 'paymentRefunded' })
    expect(ended.state).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(ended.movements).toMatchObject([{ kind: 'release' }])
  })

  test('by the deadline, but the capture was faster: the order is paid after all', () => {
    expect(after(placed, opened, deadline, result('captured', 1))).toMatchObject({
      status: 'paid',
      paymentStatus: 'captured',
      cancelledBy: null,
    })
  })

  test('a paid order: refunded, and what was sold comes back', () => {
    const decision = decide(after(placed, opened, result('captured', 1), cancel), { type: 'paymentRefunded' })
    expect(decision.state).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(decision.movements).toEqual([{ sku: 'MUG', kind: 'return', quantity: 2, reference: placed.id }])
  })

  test('a capture that comes after the cancellation is refunded', () => {
    const late = decide(after(placed, opened, declined(1), cancel), result('captured'))
    expect(late.state).toMatchObject({ status: 'cancelled', paymentStatus: 'captured', payment: { wanted: 'refund' } })
  })
})

const anyMessage: fc.Arbitrary<OrderMessage> = fc.oneof(
  fc.constantFrom(
    opened,
    cancel,
    deadline,
    pay,
    { type: 'cancel', by: 'staff', reason: 'a call' } as OrderMessage,
    { type: 'paymentRefunded' } as OrderMessage,
  ),
  fc
    .record({
      status: fc.constantFrom('captured', 'voided', 'processing', 'open'),
      attempt: fc.constantFrom(undefined, 1, 2),
    })
    .map(({ status, attempt }) => result(status as 'captured', attempt)),
  fc.constantFrom(undefined, 1, 2).map(declined),
  fc.constant<OrderMessage>({
    type: 'paymentResult',
    intentId: 'pi_1',
    result: { status: 'requires_action', url: 'https://bank.example' },
    attempt: 1,
  }),
)

const ways: Record<OrderStatus, OrderStatus[]> = {
  placed: ['placed', 'paid', 'cancelling', 'cancelled'],
  paid: ['paid', 'cancelling', 'cancelled'],
  cancelling: ['cancelling', 'cancelled', 'paid'],
  cancelled: ['cancelled'],
  fulfilled: ['fulfilled', 'closed'],
  closed: ['closed'],
}

test('whatever comes in whatever order: stock is held, sold, let go and returned once, and states only go where they may', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 25 }), (messages) => {
      let state = placed
      let reserved = 1
      let sold = 0
      for (const message of messages) {
        let decision
        try {
          decision = decide(state, message)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          continue
        }
        for (const { kind } of decision.movements ?? []) {
          if (kind === 'take') [reserved, sold] = [reserved - 1, sold + 1]
          else if (kind === 'release') reserved -= 1
          else if (kind === 'return') sold -= 1
          else throw new Error('an order that exists reserves nothing')
        }
        expect(reserved).toBeGreaterThanOrEqual(0)
        expect(sold).toBeGreaterThanOrEqual(0)
        const next = decision.state ?? state
        expect(ways[state.status]).toContain(next.status)
        if (decision.state !== undefined && decision.state !== state)
          expect(next.version).toBeGreaterThan(state.version)
        expect(next.timeline.slice(0, state.timeline.length)).toEqual(state.timeline)
        state = next
        expect({ status: state.status, reserved, sold }).toEqual({
          status: state.status,
          reserved: state.status === 'placed' || (state.status === 'cancelling' && sold === 0) ? 1 : 0,
          sold: state.status === 'paid' || (state.status === 'cancelling' && reserved === 0) ? 1 : 0,
        })
        // Nobody is charged for what they do not get.
        if (state.status === 'cancelled' && state.paymentStatus === 'captured')
          expect(state.payment.wanted).toBe('refund')
      }
    }),
    { numRuns: 2_000 },
  )
})
