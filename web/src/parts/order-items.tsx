import type { Money } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

interface OrderItem {
  sku: string
  title: string
  quantity: number
  total?: Money
}

/** Items of an order or of a part of it, one a row; titles wrap. */
export function OrderItems({ items }: { items: OrderItem[] }) {
  const text = useText()
  const { money } = useFormats()
  return (
    <ul className="order-items">
      {items.map(({ sku, title, quantity, total }) => (
        <li key={sku}>
          <span className="order-quantity">{text.order.times(quantity)}</span>
          <span>{title}</span>
          {total && <span className="order-item-total">{money(total)}</span>}
        </li>
      ))}
    </ul>
  )
}
