import { claimCart } from '../cart/claim.rules.ts'
import { composeEmail } from '../email/email.effect.ts'
import { decideOrder } from '../lifecycle/order.rules.ts'
import type { OrderState } from '../state/order.state.ts'

/** Days after the last parcel in which an order can be returned. */
export const returnDays = 60

/** Decisions of the shop that a planted bug replaces. */
export interface Rules {
  decideOrder: typeof decideOrder
  claimCart: typeof claimCart
  composeEmail: typeof composeEmail
  /** Whether housekeeping finds the order to close it. */
  isClosable(order: OrderState, now: Date): boolean
}

export const realRules: Rules = {
  decideOrder,
  claimCart,
  composeEmail,
  // As findClosableOrders does.
  isClosable: ({ lastSentAt }, now) =>
    lastSentAt !== null && now.getTime() - lastSentAt.getTime() > returnDays * 86_400_000,
}
