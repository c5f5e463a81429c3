import type {
  cancellations,
  disputes,
  fulfilments,
  orderEvents,
  orderLines,
  orders,
  payments,
  refunds,
  returns,
} from '../schema.ts'

/** State of the order actor: its rows, as the stores load and save them. */

export type LineState = Omit<typeof orderLines.$inferSelect, 'orderId' | 'position'>
export type EventState = Omit<typeof orderEvents.$inferSelect, 'orderId' | 'position'>
export type PaymentState = Omit<typeof payments.$inferSelect, 'orderId'>
export type FulfilmentState = Omit<typeof fulfilments.$inferSelect, 'orderId'>
export type CancellationState = Omit<typeof cancellations.$inferSelect, 'orderId'>
export type ReturnState = Omit<typeof returns.$inferSelect, 'orderId'>
export type RefundState = Omit<typeof refunds.$inferSelect, 'orderId'>
export type DisputeState = Omit<typeof disputes.$inferSelect, 'orderId'>

/** After-sales records. Most orders have none until they are paid, so they are read only where `hasRecords` is set. */
export interface OrderRecords {
  fulfilments: FulfilmentState[]
  cancellations: CancellationState[]
  returns: ReturnState[]
  refunds: RefundState[]
  disputes: DisputeState[]
}

export const noRecords = (): OrderRecords => ({
  fulfilments: [],
  cancellations: [],
  returns: [],
  refunds: [],
  disputes: [],
})

export type OrderState = Omit<typeof orders.$inferSelect, 'updatedAt'> &
  OrderRecords & {
    lines: LineState[]
    timeline: EventState[]
    payment: PaymentState
  }

/** The part of an order that the payment effect reads. */
export type PayableOrder = Pick<OrderState, 'id' | 'status' | 'paymentStatus' | 'totalMinor' | 'currency' | 'payment'>

/** Reads an order as it is now. */
export type FindOrder = (id: string) => Promise<OrderState | undefined>
