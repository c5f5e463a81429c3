import type { Order } from './types.ts'

type Facts = Pick<Order, 'status' | 'paymentStatus' | 'fulfilmentStatus' | 'timeline' | 'refunds'>

/** Key of the texts that describe an order's state: a headline and a sentence. */
export function headlineOf(order: Facts): string {
  const { status, paymentStatus, fulfilmentStatus } = order
  if (status === 'paid' && fulfilmentStatus === 'partial') return fulfilmentStatus
  if (status === 'paid' && paymentStatus === 'authorised') return paymentStatus
  if (status === 'cancelled' && !wasCharged(order))
    return has(order, 'payment_deadline_passed') ? 'deadline_passed' : 'cancelled_unpaid'
  if (status !== 'placed')
    return fulfilmentStatus === 'returned' || fulfilmentStatus === 'partially_returned' ? fulfilmentStatus : status
  return paymentStatus === 'requires_action' || paymentStatus === 'declined' || paymentStatus === 'unknown'
    ? paymentStatus
    : 'pending'
}

const chargedStatuses: string[] = ['captured', 'partially_refunded', 'refunded'] satisfies Order['paymentStatus'][]
const chargedEvents = ['paid', 'captured_while_cancelling', 'captured_after_cancelling', 'unexpected_payment']

/** Whether money has been taken at any time, also if it has gone back since. */
const wasCharged = (order: Facts): boolean =>
  order.refunds.length > 0 ||
  chargedStatuses.includes(order.paymentStatus) ||
  chargedEvents.some((event) => has(order, event))

const has = ({ timeline }: Facts, wanted: string): boolean => timeline.some(({ event }) => event === wanted)
