import type { orderEvents, orderLines, orders, payments, carts } from './schema.ts'

/** State of the module's actors: their rows, as the stores load and save them. */

export type CartState = Omit<typeof carts.$inferSelect, 'createdAt' | 'updatedAt'> & {
  /** Set by the turn that places it: the order that is written with it. */
  placed?: OrderState
}

export type LineState = Omit<typeof orderLines.$inferSelect, 'orderId' | 'position'>
export type EventState = Omit<typeof orderEvents.$inferSelect, 'orderId' | 'position'>
export type PaymentState = Omit<typeof payments.$inferSelect, 'orderId'>

export type OrderState = Omit<typeof orders.$inferSelect, 'updatedAt'> & {
  lines: LineState[]
  timeline: EventState[]
  payment: PaymentState
}
