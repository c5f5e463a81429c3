import { useState } from 'react'
import type { Rejection } from '../parts/rejection-notice.tsx'
import { navigate } from '../route/router.ts'
import { cartStatus, dropCart, loadCart } from './cart.ts'
import { keepForm } from './checkout-form.ts'
import { shop } from './client.ts'
import type { Failure } from './failure.ts'
import { remember } from './memory.ts'
import type { PlaceAnswer } from './types.ts'
import { useAttempt, type Phase } from './use-attempt.ts'
import type { Inputs } from '#client'

export type PlaceInput = Inputs['order']['place']

export interface Placing {
  phase: Phase
  refusal: Rejection | null
  /** The shop could not read the request, or will not take it: nothing was ordered. */
  failure: Failure | null
  start: (input: PlaceInput) => void
  resume: () => void
  clear: () => void
}

/** Places the order, exactly once, and goes to its page. */
export function usePlacing(): Placing {
  const [refusal, setRefusal] = useState<Rejection | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function settle(answer: PlaceAnswer, { cartId }: PlaceInput): Promise<void> {
    if (answer.outcome === 'placed') {
      const { order } = answer
      remember(`order ${order.id}`, order)
      keepForm(null)
      dropCart()
      return navigate(`/order/${order.id}`, { isReplacement: true })
    }
    const { cart } = cartStatus.get()
    const ordered =
      answer.reason === 'already_placed' ? await shop.order.cart.get.query({ cartId }).catch(() => null) : null
    setRefusal({ reason: answer.reason, lines: answer.lines ?? [], orderId: ordered?.orderId ?? null, cart })
    await loadCart()
  }

  const { phase, start, resume } = useAttempt<PlaceInput, PlaceAnswer>({
    name: 'place',
    call: (input) => shop.order.place.mutate(input),
    onSettled: (answer, input) => void settle(answer, input),
    onFailed: (failed) => {
      setFailure(failed)
      if (failed.code === 'cart_closed' || failed.code === 'not_found') void loadCart()
    },
  })

  function clear(): void {
    setRefusal(null)
    setFailure(null)
  }

  return {
    phase,
    refusal,
    failure,
    start(input) {
      clear()
      start(input)
    },
    resume,
    clear,
  }
}
