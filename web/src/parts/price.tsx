import type { Money } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

/** The price, and the former price when it was higher. */
export function Price({ price, compareAt }: { price: Money; compareAt?: Money | null }) {
  const text = useText()
  const { money } = useFormats()
  const isReduced = compareAt !== null && compareAt !== undefined && compareAt.amount > price.amount
  return (
    <span className={isReduced ? 'price price-reduced' : 'price'}>
      <span className="price-now">{money(price)}</span>
      {isReduced && (
        <s className="price-before">
          <span className="visually-hidden">{text.list.was} </span>
          {money(compareAt)}
        </s>
      )}
    </span>
  )
}
