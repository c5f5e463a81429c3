import { useEffect, useState } from 'react'
import { shop } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Address, CheckoutAnswer } from './types.ts'

/** Delivery options and totals for an address, or the reason why they are missing. */
export interface Quote {
  checkout: CheckoutAnswer | undefined
  isLoading: boolean
  failure: Failure | undefined
  retry: () => void
}

interface QuoteRequest {
  cartId: string
  cartVersion: number
  shippingAddress: Address
  shippingOptionId: string | undefined
  locale: 'en' | 'zh'
  /** The new total of a refused placing: another one makes the quote load again. */
  newTotal: number | undefined
}

const debounceMs = 450

/** Debounced quote: delivery options and totals for this address. The previous quote stays visible while a new one loads. */
export function useQuote(request: QuoteRequest | null | false): Quote {
  const [latest, setLatest] = useState<{ key: string | null; checkout?: CheckoutAnswer; failure?: Failure }>({
    key: null,
  })
  const [tries, setTries] = useState(0)
  const key = request === null || request === false ? null : JSON.stringify([request, tries])

  useEffect(() => {
    if (!request || key === null) return
    let isCurrent = true
    const { cartId, shippingAddress, shippingOptionId, locale } = request
    const timer = setTimeout(() => {
      shop.order.checkout
        .mutate({ cartId, shippingAddress, locale, ...(shippingOptionId !== undefined && { shippingOptionId }) })
        .then(
          (checkout) => isCurrent && setLatest({ key, checkout }),
          (error: unknown) => isCurrent && setLatest({ key, failure: failureOf(error) }),
        )
    }, debounceMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
    // `key` contains all of `request`.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key])

  return {
    checkout: !request ? undefined : latest.checkout,
    isLoading: key !== null && latest.key !== key,
    failure: latest.key === key ? latest.failure : undefined,
    retry: () => setTries((before) => before + 1),
  }
}
