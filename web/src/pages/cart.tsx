import { useState } from 'react'
import { announce } from '../parts/announcer.tsx'
import { EmptyState, FailureNotice, Notice } from '../parts/notice.tsx'
import { failureText } from '../shop/failure-text.ts'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { SessionEnded } from '../parts/session-ended.tsx'
import { Stepper } from '../parts/stepper.tsx'
import { TotalsList } from '../parts/totals-list.tsx'
import { Link } from '../route/link.tsx'
import { cartStatus, loadCart, notTakenLines, quantityMax, setCartLine, switchCart } from '../shop/cart.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import { useStore } from '../shop/store.ts'
import type { Cart, CartLine } from '../shop/types.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useFormats, useText } from '../text/use-text.ts'

/** The cart page: lines with quantities to change, and the totals. */
export function CartPage() {
  const text = useText()
  const { cart, isLoading, isLocked, failure } = useStore(cartStatus)
  return (
    <Page title={text.cart.title}>
      <h1>{text.cart.title}</h1>
      {isLocked && <SessionEnded />}
      {failure && <FailureNotice failure={failure} onRetry={() => void loadCart()} />}
      <NotTakenNotice />
      {cart && cart.lines.length > 0 ? (
        <FilledCart cart={cart} />
      ) : isLoading ? (
        <div className="skeleton skeleton-box" role="status" aria-label={text.loading} />
      ) : (
        !failure &&
        !isLocked && (
          <EmptyState
            title={text.cart.empty}
            detail={text.cart.emptyText}
            action={{ href: '/', label: text.cart.browse }}
          />
        )
      )}
    </Page>
  )
}

/** Says that things of the account's earlier cart are not in this one, and leads there. */
function NotTakenNotice() {
  const text = useText()
  const [first, ...more] = useStore(notTakenLines)
  if (first === undefined) return null
  return (
    <Notice kind="info" title={text.cart.notTaken(more.length + 1)}>
      <p>{text.cart.notTakenText}</p>
      <p className="notice-actions">
        <button
          type="button"
          className="button button-quiet"
          onClick={() => void switchCart(first.cartId).catch(loadCart)}
        >
          {text.cart.toEarlierCart}
        </button>
      </p>
    </Notice>
  )
}

function FilledCart({ cart }: { cart: Cart }) {
  const text = useText()
  const isShort = cart.lines.some(({ available, quantity }) => available < quantity)
  return (
    <div className="split">
      <ul className="lines">
        {cart.lines.map((line) => (
          <Line key={line.sku} line={line} />
        ))}
      </ul>
      <aside className="summary" aria-label={text.cart.summary}>
        <TotalsList totals={cart.totals} isEstimate />
        <p className="quiet">{text.cart.shippingLater}</p>
        {isShort && <Notice kind="warning">{text.cart.shortNotice}</Notice>}
        <Link
          className="button button-large button-wide"
          href="/checkout"
          aria-disabled={isShort}
          onClick={(event) => isShort && event.preventDefault()}
        >
          {text.cart.checkout}
        </Link>
      </aside>
    </div>
  )
}

function Line({ line }: { line: CartLine }) {
  const text = useText()
  const { money } = useFormats()
  const [failure, setFailure] = useState<Failure | null>(null)
  const [reducedTo, setReducedTo] = useState<number | null>(null)
  const { sku, title, quantity, available } = line
  const writing = useWriting()

  async function setQuantity(next: number): Promise<void> {
    setFailure(null)
    if (next !== reducedTo) setReducedTo(null)
    try {
      await setCartLine(sku, next)
      announce(text.cart.updated)
    } catch (error) {
      setFailure(failureOf(error))
    }
  }

  return (
    <li className="line">
      <Picture image={line.image} size={112} isDecorative />
      <div className="line-words">
        <p className="line-title">
          {line.productSlug === '' ? (
            title
          ) : (
            <Link href={`/p/${encodeURIComponent(line.productSlug)}?variant=${encodeURIComponent(sku)}`}>{title}</Link>
          )}
        </p>
        <p className="quiet">{text.cart.each(money(line.unitPrice))}</p>
        {available < quantity && (
          <p className="line-short">
            {available === 0 ? text.cart.unavailable : text.cart.short(available)}{' '}
            {available > 0 && (
              <button type="button" className="link-button" onClick={() => void setQuantity(available)}>
                {text.cart.takeAvailable(available)}
              </button>
            )}
          </p>
        )}
        {reducedTo !== null && available >= quantity && (
          <p className="line-short" role="status">
            {text.cart.reduced(reducedTo)}
          </p>
        )}
        {failure && (
          <p className="field-error" role="alert">
            {failureText(text, failure)}
          </p>
        )}
      </div>
      <fieldset {...writing} className="line-controls">
        <Stepper
          label={title}
          value={quantity}
          max={Math.min(quantityMax, Math.max(1, available))}
          onChange={(next) => void setQuantity(next)}
          onReduced={() => setReducedTo(Math.max(1, available))}
        />
        <button
          type="button"
          className="link-button"
          aria-label={text.cart.removeNamed(title)}
          onClick={() => void setQuantity(0)}
        >
          {text.cart.remove}
        </button>
      </fieldset>
      <p className="line-total">{money(line.total)}</p>
    </li>
  )
}
