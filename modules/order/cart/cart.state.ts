import type { carts } from '../schema.ts'
import type { OrderState } from '../state/order.state.ts'

/** State of the cart actor: its row, as the store loads and saves it. */
export type CartState = Omit<typeof carts.$inferSelect, 'createdAt' | 'updatedAt'> & {
  /** Set by the turn that places it: the order that is written with it. */
  placed?: OrderState
}
