import { Link } from '../route/link.tsx'
import { setCartLine } from '../shop/cart.ts'
import type { Cart, RefusalReason, StockShortage } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'

/** Why the order was not taken. */
export interface Rejection {
  reason: RefusalReason
  lines: StockShortage[]
  /** The order that this cart became, where that is the reason and it is known. */
  orderId: string | null
  /** The cart as it was sent, for the names of its lines. */
  cart: Cart | null
}

/** Says why, that nothing happened, and what to do next. */
export function RejectionNotice({ refusal, onAdjusted }: { refusal: Rejection; onAdjusted: () => void }) {
  const text = useText()
  const { reason, lines, orderId, cart } = refusal
  const [title, detail] = text.checkout.refused[reason] ?? [text.failure.unexpected, '']
  const titleOf = (sku: string): string => cart?.lines.find((line) => line.sku === sku)?.title ?? sku

  async function adjust(): Promise<void> {
    await Promise.all(lines.map(({ sku, available }) => setCartLine(sku, available)))
    onAdjusted()
  }

  return (
    <Notice kind="error" title={title}>
      <p>{detail}</p>
      {lines.length > 0 && (
        <ul className="notice-lines">
          {lines.map(({ sku, requested, available }) => (
            <li key={sku}>{text.checkout.shortLine(titleOf(sku), requested, available)}</li>
          ))}
        </ul>
      )}
      <p className="notice-actions">
        {reason === 'sold_out' && lines.length > 0 && (
          <button type="button" className="button" onClick={() => void adjust().catch(onAdjusted)}>
            {text.checkout.adjust}
          </button>
        )}
        {(reason === 'sold_out' || reason === 'code_invalid') && (
          <Link className="button button-quiet" href="/cart">
            {text.checkout.toCart}
          </Link>
        )}
        {orderId !== null && (
          <Link className="button" href={`/order/${orderId}`}>
            {text.checkout.toOrder}
          </Link>
        )}
      </p>
    </Notice>
  )
}
