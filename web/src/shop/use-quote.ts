import { useEffect, useState } from 'react'
import { shop } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Address, CheckoutAnswer } from './types.ts'

export interface Quote {
  answer: CheckoutAnswer | undefined
  isLoading: boolean
  failure: Failure | undefined
  retry: () => void
}

interface Request {
  cartId: string
  cartVersion: number
  shippingAddress: Address
  shippingOptionId: string | undefined
}

const pauseMs = 450

/** What the cart costs at this address, asked anew whenever the typing pauses; the former answer stays meanwhile. */
export function useQuote(request: Request | null): Quote {
  const [answered, setAnswered] = useState<{ key: string | null; answer?: CheckoutAnswer; failure?: Failure }>({
    key: null,
  })
  const [tries, setTries] = useState(0)
  const key = request && JSON.stringify([request, tries])

  useEffect(() => {
    if (request === null || key === null) return
    let isCurrent = true
    const { cartId, shippingAddress, shippingOptionId } = request
    const timer = setTimeout(() => {
      shop.order.checkout
        .mutate({ cartId, shippingAddress, ...(shippingOptionId !== undefined && { shippingOptionId }) })
        .then(
          (answer) => isCurrent && setAnswered({ key, answer }),
          (error: unknown) => isCurrent && setAnswered({ key, failure: failureOf(error) }),
        )
    }, pauseMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
    // `key` says everything that `request` does.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])

  return {
    answer: request === null ? undefined : answered.answer,
    isLoading: key !== null && answered.key !== key,
    failure: answered.key === key ? answered.failure : undefined,
    retry: () => setTries((before) => before + 1),
  }
}
