import { useState } from 'react'
import { navigate } from '../route/router.ts'
import { cartStatus, dropCart, loadCart, lockIfSessionEnded } from './cart.ts'
import { saveFields } from './checkout-fields.ts'
import { shop } from './client.ts'
import type { Failure } from './failure.ts'
import { addGuestOrder } from './guest-orders.ts'
import { cacheData } from './query-cache.ts'
import { session } from './session.ts'
import { tabStore } from './storage.ts'
import type { Cart, Money, PlaceAnswer, RefusalReason, StockShortage } from './types.ts'
import { useAttempt, type AttemptPhase } from './use-attempt.ts'
import type { Inputs } from '#client'

export type PlaceOrderInput = Inputs['order']['place']

/** Rejection of an order by the shop (`outcome: 'refused'`): nothing was ordered. */
export interface OrderRejection {
  reason: RefusalReason
  lines: StockShortage[]
  /** The new total, when that is the reason. */
  total: Money | null
  /** The existing order of this cart, when that is the reason and the order is known. */
  orderId: string | null
  /** The cart as it was sent, for the titles of its lines. */
  cart: Cart | null
}

/** State of placing an order, with the actions of the checkout form. */
export interface OrderPlacement {
  phase: AttemptPhase
  /** Number of the latest attempt: each rejection is a new one. */
  attemptCount: number
  rejection: OrderRejection | null
  /** The request was invalid or not allowed: nothing was ordered. */
  failure: Failure | null
  start: (input: PlaceOrderInput) => void
  resume: () => void
  clear: () => void
}

/** Places the order exactly once and navigates to its page. */
export function useOrderPlacement(): OrderPlacement {
  const [rejection, setRejection] = useState<OrderRejection | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [attemptCount, setAttemptCount] = useState(0)

  async function complete(answer: PlaceAnswer, { cartId }: PlaceOrderInput): Promise<void> {
    if (answer.outcome === 'placed') {
      const { order } = answer
      cacheData(`order ${order.id}`, order)
      if (!session.get()) addGuestOrder(order.id)
      saveFields(null)
      tabStore.write('shipping', null)
      dropCart()
      return navigate(`/order/${order.id}`, { isReplacement: true })
    }
    const { cart } = cartStatus.get()
    const orderedCart =
      answer.reason === 'already_placed' ? await shop.order.cart.get.query({ cartId }).catch(() => null) : null
    setRejection({
      reason: answer.reason,
      lines: answer.lines ?? [],
      total: answer.total ?? null,
      orderId: orderedCart?.orderId ?? null,
      cart,
    })
    await loadCart()
  }

  /** The shop treats a buyer whose session has ended as a guest, whose cart and email address it misses. */
  async function fail(failed: Failure): Promise<void> {
    if (await lockIfSessionEnded()) return
    setFailure(failed)
    if (failed.code === 'cart_closed' || failed.code === 'not_found') await loadCart()
  }

  const { phase, start, resume } = useAttempt<PlaceOrderInput, PlaceAnswer>({
    name: 'place',
    call: (input) => shop.order.place.mutate(input),
    onCompleted: (answer, input) => void complete(answer, input),
    onFailed: (failed) => void fail(failed),
  })

  function clear(): void {
    setRejection(null)
    setFailure(null)
  }

  return {
    phase,
    attemptCount,
    rejection,
    failure,
    start(input) {
      clear()
      setAttemptCount((before) => before + 1)
      start(input)
    },
    resume,
    clear,
  }
}
