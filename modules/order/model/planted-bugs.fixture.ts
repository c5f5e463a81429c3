import { AppError } from '#errors'
import { stockMovesOf } from '../state/order-change.rules.ts'
import { realRules, returnDays, type Rules } from './rules.fixture.ts'

/** Bugs that the model test must find: those of other shops' bug reports, and some of their neighbours. */

const { decideOrder, claimCart, composeEmail } = realRules
const planted = (bug: Partial<Rules>): Rules => ({ ...realRules, ...bug })
const closed = () => new AppError('order_state', { message: 'The order is closed: nothing more can happen to it.' })

export const plantedBugs: Readonly<Record<string, Rules>> = {
  'a repeated claim merges the account cart again': planted({
    claimCart: ({ cart, former }, userId) => {
      if (cart === undefined || former === undefined || cart.orderId !== null || former.orderId !== null)
        return claimCart({ cart, former }, userId)
      const guest = { ...cart, userId: null }
      const claimed = claimCart({ cart: guest, former }, userId)
      // The account cart is emptied by a later message, which has not come yet.
      return { cart: claimed.cart, notTaken: claimed.notTaken }
    },
  }),
  'a closed order can keep the money of a refund that failed': planted({
    decideOrder: (state, message, context) => {
      if (state?.status === 'closed' && message.type === 'refund') throw closed()
      return decideOrder(state, message, context)
    },
  }),
  'orders are closed within a month only': planted({
    isClosable: (order, now) =>
      realRules.isClosable(order, now) &&
      now.getTime() - (order.lastSentAt?.getTime() ?? 0) < (returnDays + 30) * 86_400_000,
  }),
  'unsent lines of a refunded order can be neither sent nor cancelled': planted({
    decideOrder: (state, message, context) => {
      if (message.type === 'cancelLines') throw new AppError('order_state')
      return decideOrder(state, message, context)
    },
  }),
  "staff's reason is shown to the buyer": planted({
    decideOrder: (state, message, context) => {
      const decision = decideOrder(state, message, context)
      if (decision.state === undefined || message.type !== 'refund') return decision
      const timeline = decision.state.timeline.map((entry) => ({ ...entry, detail: entry.note ?? entry.detail }))
      return {
        ...decision,
        state: { ...decision.state, timeline: [...(state?.timeline ?? []), ...timeline.slice(state?.timeline.length)] },
      }
    },
  }),
  'cancelling puts lines on sale that were cancelled before': planted({
    decideOrder: (state, message, context) => {
      const decision = decideOrder(state, message, context)
      if (decision.state?.status !== 'cancelled' || state?.status === 'cancelled') return decision
      const again = decision.state.cancellations.flatMap(({ lines }) => lines)
      return {
        ...decision,
        movements: [...(decision.movements ?? []), ...stockMovesOf(decision.state, again, 'return')],
      }
    },
  }),
  'an email says that nothing was charged, whatever was': planted({
    composeEmail: (shop, order, send) => {
      const email = composeEmail(shop, order, send)
      return email !== null && send.template === 'cancelled' ? { ...email, text: 'Nothing has been charged' } : email
    },
  }),
  'a refund that failed is forgotten when the order is cancelled': planted({
    decideOrder: (state, message, context) => {
      if (message.type === 'refund' && message.failedRefundId !== undefined) throw closed()
      if (message.type === 'refund' && state?.status === 'cancelled') throw closed()
      return decideOrder(state, message, context)
    },
  }),
}
