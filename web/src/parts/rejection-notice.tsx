import { Link } from '../route/link.tsx'
import { setCartLine } from '../shop/cart.ts'
import type { OrderRejection } from '../shop/use-order-placement.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'

interface RejectionNoticeProps {
  rejection: OrderRejection
  onAdjusted: () => void
}

/** Explains why an order was rejected, and offers the next step. */
export function RejectionNotice({ rejection, onAdjusted }: RejectionNoticeProps) {
  const text = useText()
  const { money } = useFormats()
  const { reason, lines, total, orderId, cart } = rejection
  const [title, detail] = text.checkout.rejections[reason] ?? [text.failure.unexpected, '']
  const titleOf = (sku: string): string => cart?.lines.find((line) => line.sku === sku)?.title ?? sku

  async function adjust(): Promise<void> {
    await Promise.all(lines.map(({ sku, available }) => setCartLine(sku, available)))
    onAdjusted()
  }

  return (
    <Notice kind="error" title={title} isFocused>
      <p>{detail}</p>
      {total !== null && <p>{text.checkout.newTotal(money(total))}</p>}
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
