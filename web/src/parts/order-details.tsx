import type { Order } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { OrderItems } from './order-items.tsx'
import { TotalsList } from './totals-list.tsx'

/** Items, totals, delivery address and email address of an order. */
export function OrderDetails({ order }: { order: Order }) {
  const text = useText()
  const { country } = useFormats()
  const address = [...order.shippingAddressLines, country(order.shippingAddress.country)]
  return (
    <>
      <section aria-labelledby="items">
        <h2 id="items">{text.order.items}</h2>
        <OrderItems items={order.lines} />
        <TotalsList totals={order.totals} />
      </section>
      <div className="order-places">
        <section aria-labelledby="to">
          <h2 id="to">{text.order.deliverTo}</h2>
          <address>
            {address.map((line) => (
              <span key={line}>{line}</span>
            ))}
          </address>
          <p className="quiet">{order.shippingOption.name}</p>
        </section>
        <section aria-labelledby="confirmation">
          <h2 id="confirmation">{text.order.confirmationTo}</h2>
          <p className="order-email">{order.email}</p>
        </section>
      </div>
    </>
  )
}
