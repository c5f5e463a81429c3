import type { Order } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

/** Parcels with their tracking, and refunds; renders nothing while there are none. */
export function OrderParcels({ order }: { order: Order }) {
  const text = useText()
  const { money, dateTime: moment } = useFormats()
  const titles = new Map(order.lines.map(({ sku, title }) => [sku, title]))
  return (
    <>
      {order.fulfilments.length > 0 && (
        <section aria-labelledby="parcels">
          <h2 id="parcels">{text.order.parcels}</h2>
          <ul className="order-lines">
            {order.fulfilments.map(({ id, at, lines, carrier, trackingNumber, trackingUrl }) => (
              <li key={id}>
                <span>
                  {lines
                    .map(({ sku, quantity }) => `${text.order.times(quantity)} ${titles.get(sku) ?? sku}`)
                    .join(', ')}
                </span>
                <span>
                  {[carrier, trackingNumber].filter(Boolean).join(' ')}{' '}
                  {trackingUrl !== null && (
                    <a href={trackingUrl} target="_blank" rel="noopener noreferrer">
                      {text.order.track}
                      <span className="visually-hidden"> ({text.order.newTab})</span>
                    </a>
                  )}
                </span>
                <time dateTime={at}>{moment(at)}</time>
              </li>
            ))}
          </ul>
        </section>
      )}
      {order.refunds.length > 0 && (
        <section aria-labelledby="refunds">
          <h2 id="refunds">{text.order.refunds}</h2>
          <ul className="order-lines">
            {order.refunds.map(({ id, at, amount, status }) => (
              <li key={id}>
                <span>{money(amount)}</span>
                <span>{text.order.refundStatuses[status] ?? status}</span>
                <time dateTime={at}>{moment(at)}</time>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
