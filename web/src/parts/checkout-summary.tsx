import type { ReactNode } from 'react'
import type { Cart } from '../shop/types.ts'
import type { Quote } from '../shop/use-quote.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { Picture } from './picture.tsx'
import { TotalsList } from './totals-list.tsx'

interface OrderSummaryProps {
  cart: Cart
  quote: Quote
  isBusy: boolean
  /** Errors that prevent the order. */
  children: ReactNode
}

/** Items, totals and the button that places the order. */
export function OrderSummary({ cart, quote, isBusy, children }: OrderSummaryProps) {
  const text = useText()
  const { money } = useFormats()
  const { checkout, isLoading } = quote
  const writing = useWriting()
  return (
    <aside className="summary" aria-label={text.cart.summary}>
      <ul className="summary-lines">
        {cart.lines.map((line) => (
          <li key={line.sku}>
            <Picture image={line.image} size={48} isDecorative />
            <span>
              {text.order.times(line.quantity)} {line.title}
            </span>
            <span>{money(line.total)}</span>
          </li>
        ))}
      </ul>
      <div aria-busy={isLoading} className={isLoading ? 'summary-stale' : ''}>
        <TotalsList totals={checkout?.totals ?? cart.totals} isEstimate={checkout === undefined} />
      </div>
      {children}
      <button
        type="submit"
        {...writing}
        className="button button-large button-wide"
        aria-disabled={isBusy || isLoading}
        aria-busy={isBusy}
      >
        {isBusy
          ? text.checkout.placing
          : checkout
            ? text.checkout.place(money(checkout.totals.total))
            : text.checkout.placeNoTotal}
      </button>
      <p className="quiet">{text.checkout.agree}</p>
    </aside>
  )
}
