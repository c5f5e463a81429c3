import { useEffect } from 'react'
import { announce } from '../parts/announcer.tsx'
import { CancelOrder } from '../parts/cancel-order.tsx'
import { EmptyState, FailureNotice } from '../parts/notice.tsx'
import { OrderAgain } from '../parts/order-again.tsx'
import { OrderDetails } from '../parts/order-details.tsx'
import { OrderParcels } from '../parts/order-parcels.tsx'
import { OrderTimeline } from '../parts/order-timeline.tsx'
import { Page } from '../parts/page.tsx'
import { PayAgain } from '../parts/pay-again.tsx'
import { Link } from '../route/link.tsx'
import { headlineOf } from '../shop/order-headline.ts'
import type { Order } from '../shop/types.ts'
import { useOrder } from '../shop/use-order.ts'
import { useFormats, useText } from '../text/use-text.ts'

const steps = ['placed', 'paid', 'fulfilled'] as const

/** Why the payment was declined, where the buyer can do more about it than take another card. */
function declineReasonOf({ status, paymentStatus, timeline }: Order): string | undefined {
  if (status !== 'placed' || paymentStatus !== 'declined') return undefined
  const detail = timeline.findLast(({ event }) => event === 'payment_declined')?.detail
  return detail === 'amount_not_accepted' ? detail : undefined
}

/** The order page, updated live: state, history, items. */
export function OrderPage({ id }: { id: string }) {
  const text = useText()
  const { order, isLive, failure, retry, showOrder: take } = useOrder(id)
  if (order) return <OrderView order={order} isLive={isLive} onChange={take} />
  if (failure && failure.code !== 'network' && !failure.isRetryable) {
    return (
      <Page title={text.order.notFound} className="page-narrow">
        <h1 className="visually-hidden">{text.order.notFound}</h1>
        <EmptyState
          title={text.order.notFound}
          detail={text.order.notFoundText}
          action={{ href: `/login?next=/order/${encodeURIComponent(id)}`, label: text.nav.logIn }}
        />
      </Page>
    )
  }
  return (
    <Page title={undefined}>
      {failure ? (
        <FailureNotice failure={failure} onRetry={retry} />
      ) : (
        <div className="skeleton skeleton-box" role="status" aria-label={text.loading} />
      )}
    </Page>
  )
}

function OrderView({ order, isLive, onChange }: { order: Order; isLive: boolean; onChange: (order: Order) => void }) {
  const text = useText()
  const { time: clock } = useFormats()
  const key = headlineOf(order)
  const [headline, detail] = text.order.headline[declineReasonOf(order) ?? key] ?? [order.status, '']
  const isWaitingForBuyer = key === 'requires_action' || key === 'declined'

  useEffect(() => announce(text.order.changed(headline)), [headline, text])

  return (
    <Page title={text.order.title(order.number)}>
      <section className={`order-head order-${order.status === 'cancelled' ? order.status : key}`}>
        <p className="order-number">
          {text.order.title(order.number)}
          <span className={isLive ? 'live' : 'live live-off'} title={text.order.liveText}>
            {isLive ? text.order.live : text.order.reconnecting}
          </span>
        </p>
        <h1>{headline}</h1>
        <p className="lead">
          {detail}{' '}
          {isWaitingForBuyer && order.paymentDeadline !== null && text.order.deadline(clock(order.paymentDeadline))}
        </p>
        {key === 'requires_action' && order.paymentActionUrl !== null && (
          // In a new tab: this page receives the outcome by subscription, so the bank needs no redirect back.
          <a className="button button-large" href={order.paymentActionUrl} target="_blank" rel="noopener">
            {text.order.confirmWithBank}
            <span className="visually-hidden"> ({text.order.newTab})</span>
          </a>
        )}
        <Steps order={order} />
      </section>
      {key === 'declined' && <PayAgain order={order} onChange={onChange} />}
      <div className="split">
        <div className="order-details">
          <OrderDetails order={order} />
          <OrderParcels order={order} />
        </div>
        <aside className="order-side">
          <OrderTimeline entries={order.timeline} />
          <div className="order-actions">
            {(order.status === 'placed' || order.status === 'paid') && order.fulfilmentStatus === 'unfulfilled' && (
              <CancelOrder order={order} onChange={onChange} />
            )}
            {order.status === 'cancelled' && <OrderAgain order={order} />}
            <Link className="button button-quiet" href="/">
              {text.order.keepShopping}
            </Link>
          </div>
        </aside>
      </div>
    </Page>
  )
}

/** Progress of the order in steps; hidden for cancelled orders. */
function Steps({ order }: { order: Order }) {
  const text = useText()
  if (order.status === 'cancelled' || order.status === 'cancelling') return null
  const reached = order.status === 'closed' ? steps.length : steps.indexOf(order.status) + 1
  return (
    <ol className="steps">
      {steps.map((step, index) => (
        <li
          key={step}
          className={index < reached ? 'done' : ''}
          aria-current={index === reached - 1 ? 'step' : undefined}
        >
          {text.order.steps[step]}
          {index < reached && <span className="visually-hidden"> ({text.order.stepDone})</span>}
        </li>
      ))}
    </ol>
  )
}
