import { CheckoutForm } from '../parts/checkout-form.tsx'
import { Empty, Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Progress } from '../parts/progress.tsx'
import { RejectionNotice } from '../parts/rejection-notice.tsx'
import { cartStatus } from '../shop/cart.ts'
import { useStore } from '../shop/store.ts'
import { usePlacing } from '../shop/use-placing.ts'
import { useText } from '../text/use-text.ts'

/** From the cart to an order. While the outcome of an attempt is unknown, nothing else can be done here. */
export function CheckoutPage() {
  const text = useText()
  const { cart, isLoading } = useStore(cartStatus)
  const placing = usePlacing()
  const { phase, refusal } = placing
  const hasLines = cart !== null && cart.lines.length > 0
  return (
    <Page title={text.checkout.title}>
      <h1>{text.checkout.title}</h1>
      {phase === 'checking' && <Progress title={text.checkout.checking} detail={text.checkout.checkingText} />}
      {phase === 'undecided' && (
        <Notice kind="warning" title={text.checkout.undecided}>
          <p>{text.checkout.undecidedText}</p>
          <button type="button" className="button" onClick={placing.resume}>
            {text.checkout.checkAgain}
          </button>
        </Notice>
      )}
      {refusal && <RejectionNotice refusal={refusal} onAdjusted={placing.clear} />}
      {phase === 'checking' || phase === 'undecided' ? null : hasLines ? (
        <CheckoutForm cart={cart} placing={placing} />
      ) : isLoading ? (
        <div className="skeleton skeleton-box" role="status" aria-label={text.loading} />
      ) : (
        <Empty title={text.cart.empty} detail={text.cart.emptyText} action={{ href: '/', label: text.cart.browse }} />
      )}
    </Page>
  )
}
