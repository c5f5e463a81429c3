import { CheckoutForm } from '../parts/checkout-form.tsx'
import { EmptyState, Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Progress } from '../parts/progress.tsx'
import { RejectionNotice } from '../parts/rejection-notice.tsx'
import { SessionEnded } from '../parts/session-ended.tsx'
import { cartStatus } from '../shop/cart.ts'
import { useStore } from '../shop/store.ts'
import { useOrderPlacement } from '../shop/use-order-placement.ts'
import { useText } from '../text/use-text.ts'

/** The checkout page. While the outcome of an order is unknown, the form is hidden. */
export function CheckoutPage() {
  const text = useText()
  const { cart, isLoading, isLocked } = useStore(cartStatus)
  const placement = useOrderPlacement()
  const { phase, rejection } = placement
  const hasLines = cart !== null && cart.lines.length > 0
  return (
    <Page title={text.checkout.title}>
      <h1>{text.checkout.title}</h1>
      {phase === 'checking' && <Progress title={text.checkout.checking} detail={text.checkout.checkingText} />}
      {phase === 'unknown' && (
        <Notice kind="warning" title={text.checkout.outcomeUnknown}>
          <p>{text.checkout.outcomeUnknownText}</p>
          <button type="button" className="button" onClick={placement.resume}>
            {text.checkout.checkAgain}
          </button>
        </Notice>
      )}
      {isLocked && phase === 'idle' && <SessionEnded />}
      {rejection && <RejectionNotice key={placement.attemptCount} rejection={rejection} onAdjusted={placement.clear} />}
      {phase === 'checking' || phase === 'unknown' ? null : hasLines ? (
        <CheckoutForm cart={cart} placement={placement} />
      ) : isLoading ? (
        <div className="skeleton skeleton-box" role="status" aria-label={text.loading} />
      ) : isLocked ? null : (
        <EmptyState
          title={text.cart.empty}
          detail={text.cart.emptyText}
          action={{ href: '/', label: text.cart.browse }}
        />
      )}
    </Page>
  )
}
