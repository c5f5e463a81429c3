import { useState } from 'react'
import { failureOf, type Failure } from '../shop/failure.ts'
import { attachGuestOrders, guestOrders } from '../shop/guest-orders.ts'
import { useStore } from '../shop/store.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'

/** Offers to add the orders that this browser has placed as a guest to the account. */
export function GuestOrdersOffer({ onAttached }: { onAttached: () => void }) {
  const text = useText()
  const ids = useStore(guestOrders)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  if (ids.length === 0) return null

  async function attach(): Promise<void> {
    setBusy(true)
    setFailure(null)
    await attachGuestOrders().catch((error: unknown) => setFailure(failureOf(error)))
    setBusy(false)
    onAttached()
  }

  return (
    <Notice kind="info" title={text.orders.guestTitle(ids.length)}>
      <p>{failure ? failureText(text, failure) : text.orders.guestText}</p>
      <p className="notice-actions">
        <button type="button" className="button" aria-busy={isBusy} disabled={isBusy} onClick={() => void attach()}>
          {text.orders.guestAttach}
        </button>
      </p>
    </Notice>
  )
}
