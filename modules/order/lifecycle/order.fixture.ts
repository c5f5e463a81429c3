import { AppError } from '#errors'
import type { Initiator, MessageOf, OrderMessage } from '../state/order.message.ts'
import { noRecords, type OrderState } from '../state/order.state.ts'
import { decideOrder } from './order.rules.ts'

/** An order for tests, in several states, with its messages and their effects. */

export const placedAt = new Date('2026-11-22T12:00:00Z')

/** An order of two mugs and a lamp that was just placed. */
export const placed: OrderState = {
  id: '01890000-0000-7000-8000-000000000001',
  number: 'ABCDE-12345',
  cartId: '01890000-0000-7000-8000-000000000002',
  userId: null,
  status: 'placed',
  paymentStatus: 'pending',
  fulfilmentStatus: 'unfulfilled',
  cancelledBy: null,
  hasRecords: false,
  attention: null,
  lastSentAt: null,
  version: 1,
  currency: 'EUR',
  locale: 'en',
  email: 'ada@example.com',
  source: null,
  reviewSince: null,
  shippingAddress: { name: 'Ada', line1: '1 Street', city: 'Berlin', postalCode: '10115', country: 'DE' },
  billingAddress: null,
  shippingOption: { id: 'standard', name: 'Standard' },
  itemsMinor: 3000,
  discountMinor: 0,
  shippingMinor: 590,
  taxMinor: 573,
  taxIncluded: true,
  totalMinor: 3590,
  paymentDeadline: new Date('2026-11-22T12:15:00Z'),
  placedAt,
  lines: [
    { sku: 'MUG', productId: '01890000-0000-7000-8000-000000000003', title: 'Mug', quantity: 2, unitPriceMinor: 500 },
    {
      sku: 'LAMP',
      productId: '01890000-0000-7000-8000-000000000004',
      title: 'Lamp',
      quantity: 1,
      unitPriceMinor: 2000,
    },
  ],
  timeline: [
    { at: placedAt, event: 'placed', detail: null, note: null, role: 'buyer', userId: null, isInternal: false },
  ],
  payment: {
    provider: 'stripe',
    methodId: 'card',
    token: 'pm_card_visa',
    intentId: null,
    attempt: 1,
    wanted: 'capture',
    actionUrl: null,
    capture: 'now',
    heldMinor: 0,
    capturedMinor: null,
    feeMinor: null,
  },
  ...noRecords(),
}

export const decide = (state: OrderState, message: OrderMessage) => decideOrder(state, message, { now: placedAt })
/** The state after these messages, one after the other. */
export const after = (state: OrderState, ...messages: OrderMessage[]): OrderState =>
  messages.reduce((current, message) => decide(current, message).state ?? current, state)

const buyer: Initiator = { role: 'buyer', userId: null }
export const staff: Initiator = { role: 'staff', userId: '01890000-0000-7000-8000-00000000000a' }
export const total = placed.totalMinor
export const eur = (amount: number) => ({ amount, currency: 'EUR' })

export const opened: OrderMessage = { type: 'paymentOpened', intentId: 'pi_1', attempt: 1 }
export const reported = (result: MessageOf<'paymentResult'>['result'], attempt?: number): OrderMessage => ({
  type: 'paymentResult',
  intentId: 'pi_1',
  result,
  ...(attempt === undefined ? {} : { attempt }),
})
export const captured = reported({ status: 'captured', amountMinor: total, feeMinor: 100 })
export const authorised = reported({ status: 'authorised', amountMinor: total })
export const voided = reported({ status: 'voided' })
export const declined = (attempt?: number) => reported({ status: 'declined', code: 'generic' }, attempt)
export const cancel: OrderMessage = { type: 'cancel', by: buyer }
export const deadline: OrderMessage = { type: 'paymentDeadline' }
export const pay: OrderMessage = { type: 'pay', methodId: 'card', token: 'pm_other' }
export const refunded = (refundId: string, status: 'pending' | 'succeeded' | 'failed' = 'succeeded'): OrderMessage => ({
  type: 'refundResult',
  intentId: 'pi_1',
  refundId,
  providerRefundId: `re_${refundId}`,
  amount: eur(1),
  status,
})
export const refund = (refundId: string, amount?: number): OrderMessage => ({
  type: 'refund',
  by: staff,
  refundId,
  reason: 'broken',
  ...(amount === undefined ? {} : { amount: eur(amount) }),
})
export const fulfil = (lines?: { sku: string; quantity: number }[]): OrderMessage => ({
  type: 'fulfil',
  by: staff,
  fulfilmentId: '01890000-0000-7000-8000-00000000000f',
  lines,
  carrier: 'DHL',
  trackingNumber: '42',
  trackingUrl: null,
})
export const takeBack = (
  sku: string,
  quantity: number,
  more: { restock?: boolean; refund?: number } = {},
): OrderMessage => ({
  type: 'return',
  by: staff,
  returnId: '01890000-0000-7000-8000-0000000000ff',
  refundId: 'back',
  lines: [{ sku, quantity, restock: more.restock ?? true }],
  reason: 'does not fit',
  refund: more.refund === undefined ? undefined : eur(more.refund),
})
export const dispute = (status: 'opened' | 'won' | 'lost', feeMinor = 1500): OrderMessage => ({
  type: 'dispute',
  intentId: 'pi_1',
  disputeId: 'dp_1',
  amount: eur(total),
  feeMinor,
  reason: 'fraudulent',
  status,
})

export const paid = after(placed, opened, captured)
export const heldLater: OrderState = { ...placed, payment: { ...placed.payment, capture: 'later' } }
export const held = after(heldLater, opened, authorised)
/** Money movements of this message, such as `capture:pi_1 3590`. */
export const money = (state: OrderState, message: OrderMessage) =>
  (decide(state, message).movements ?? []).flatMap((move) =>
    'amount' in move ? [`${move.kind}:${move.reference} ${move.amount.amount}`] : [],
  )
/** Stock movements of this message, such as `take 2 MUG`. */
export const stock = (state: OrderState, message: OrderMessage) =>
  (decide(state, message).movements ?? []).flatMap((move) =>
    'sku' in move ? [`${move.kind} ${move.quantity} ${move.sku}`] : [],
  )
/** Code and message of the error that rejects this message. */
export const rejection = (state: OrderState, message: OrderMessage): string => {
  try {
    decide(state, message)
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'not rejected'
}
