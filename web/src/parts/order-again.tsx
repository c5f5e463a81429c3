import { useState } from 'react'
import { Link } from '../route/link.tsx'
import { navigate } from '../route/router.ts'
import { addLines } from '../shop/cart.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import { failureText } from '../shop/failure-text.ts'
import type { Order } from '../shop/types.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'

/** Button that puts the items of an order into the cart. Items that are no longer sold are named. */
export function OrderAgain({ order }: { order: Order }) {
  const text = useText()
  const [isBusy, setBusy] = useState(false)
  const writing = useWriting()
  const [missing, setMissing] = useState<string[]>([])
  const [failure, setFailure] = useState<Failure | null>(null)

  async function orderAgain(): Promise<void> {
    if (isBusy) return
    setBusy(true)
    setFailure(null)
    try {
      const skus = await addLines(order.lines)
      if (skus.length === 0) return navigate('/cart')
      setMissing(order.lines.filter(({ sku }) => skus.includes(sku)).map(({ title }) => title))
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      {missing.length > 0 ? (
        <Notice kind="warning" title={text.order.notSold} isFocused>
          <ul className="notice-lines">
            {missing.map((title) => (
              <li key={title}>{title}</li>
            ))}
          </ul>
          <Link className="button" href="/cart">
            {text.product.viewCart}
          </Link>
        </Notice>
      ) : (
        <button type="button" {...writing} className="button" aria-busy={isBusy} onClick={() => void orderAgain()}>
          {text.order.again}
        </button>
      )}
      {failure && <Notice kind="error">{failureText(text, failure)}</Notice>}
    </>
  )
}
