import type { carts } from '../schema.ts'
import type { OrderState } from '../state/order.state.ts'

/** State of the cart actor: its row, as the store loads and saves it. */
export type CartState = Omit<typeof carts.$inferSelect, 'createdAt' | 'updatedAt'> & {
  /** The order that this turn has made of the cart; it is saved with the cart. */
  placed?: OrderState
}
