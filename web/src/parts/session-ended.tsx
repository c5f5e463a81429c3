import { useState } from 'react'
import { Link } from '../route/link.tsx'
import { useRoute } from '../route/router.ts'
import { cartStatus, continueAsGuest } from '../shop/cart.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import { useStore } from '../shop/store.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'

/** Explains that the session has ended, and offers to go on: logged in with the same cart, or as a guest with a copy of it. */
export function SessionEnded() {
  const text = useText()
  const { path } = useRoute()
  const { cart } = useStore(cartStatus)
  const [failure, setFailure] = useState<Failure | null>(null)
  return (
    <Notice kind="warning" title={text.account.ended} isFocused>
      <p>{text.account.endedText}</p>
      {failure && <p className="field-error">{failureText(text, failure)}</p>}
      <p className="notice-actions">
        <Link className="button" href={`/login?next=${encodeURIComponent(path)}`}>
          {text.nav.logIn}
        </Link>
        {cart !== null && (
          <button
            type="button"
            className="button button-quiet"
            onClick={() => void continueAsGuest().catch((error: unknown) => setFailure(failureOf(error)))}
          >
            {text.account.asGuest}
          </button>
        )}
      </p>
    </Notice>
  )
}
