import type { ReactNode } from 'react'
import type { Order } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'
import { OrderItems } from './order-items.tsx'

/** What has happened to parts of an order: parcels, cancelled items, returns and refunds. Renders nothing while there is none. */
export function OrderParcels({ order }: { order: Order }) {
  const text = useText()
  const { money } = useFormats()
  const titles = new Map(order.lines.map(({ sku, title }) => [sku, title]))
  const titled = (lines: { sku: string; quantity: number }[]) =>
    lines.map(({ sku, quantity }) => ({ sku, quantity, title: titles.get(sku) ?? sku }))
  return (
    <>
      <Entries id="parcels" title={text.order.parcels}>
        {order.fulfilments.map(({ id, at, lines, carrier, trackingNumber, trackingUrl }) => (
          <Entry key={id} at={at}>
            <OrderItems items={titled(lines)} />
            {(carrier ?? trackingNumber ?? trackingUrl) !== null && (
              <p className="entry-tracking">
                {[carrier, trackingNumber].filter(Boolean).join(' ')}{' '}
                {trackingUrl !== null && (
                  <a href={trackingUrl} target="_blank" rel="noopener noreferrer">
                    {text.order.track}
                    <span className="visually-hidden"> ({text.order.newTab})</span>
                  </a>
                )}
              </p>
            )}
          </Entry>
        ))}
      </Entries>
      <Entries id="cancellations" title={text.order.cancellations}>
        {order.cancellations.map(({ id, at, lines }) => (
          <Entry key={id} at={at}>
            <OrderItems items={titled(lines)} />
          </Entry>
        ))}
      </Entries>
      <Entries id="returns" title={text.order.returns}>
        {order.returns.map(({ id, at, lines }) => (
          <Entry key={id} at={at}>
            <OrderItems items={titled(lines)} />
          </Entry>
        ))}
      </Entries>
      <Entries id="refunds" title={text.order.refunds}>
        {order.refunds.map(({ id, at, amount, lines, status }) => (
          <Entry key={id} at={at}>
            <p className="entry-amount">
              <strong>{money(amount)}</strong> <span>{text.order.refundStatuses[status] ?? status}</span>
            </p>
            {lines !== null && lines.length > 0 && <OrderItems items={titled(lines)} />}
          </Entry>
        ))}
      </Entries>
    </>
  )
}

function Entries({ id, title, children }: { id: string; title: string; children: ReactNode[] }) {
  if (children.length === 0) return null
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul className="entries">{children}</ul>
    </section>
  )
}

function Entry({ at, children }: { at: string; children: ReactNode }) {
  const { dateTime } = useFormats()
  return (
    <li className="entry">
      <time dateTime={at}>{dateTime(at)}</time>
      {children}
    </li>
  )
}
