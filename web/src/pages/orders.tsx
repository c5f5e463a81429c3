import { useEffect, useState } from 'react'
import { GuestOrdersOffer } from '../parts/guest-orders-offer.tsx'
import { EmptyState, FailureNotice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Link } from '../route/link.tsx'
import { usePaginatedQuery } from '../shop/query.ts'
import { shop } from '../shop/client.ts'
import { hasSessionEnded, session } from '../shop/session.ts'
import { useStore } from '../shop/store.ts'
import type { Order, OrderPage } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

/** The customer's orders, newest first. */
export function OrdersPage() {
  const text = useText()
  const user = useStore(session)
  return (
    <Page title={text.orders.title} className="page-narrow">
      <h1>{text.orders.title}</h1>
      {user === undefined ? (
        <OrdersSkeleton />
      ) : user === null ? (
        <EmptyState
          title={text.orders.logInFirst}
          detail={text.orders.emptyText}
          action={{ href: '/login?next=/orders', label: text.nav.logIn }}
        />
      ) : (
        <OrderList userId={user.id} />
      )}
    </Page>
  )
}

function OrderList({ userId }: { userId: string }) {
  const text = useText()
  const [attached, setAttached] = useState(0)
  const pages = usePaginatedQuery<Order, OrderPage>(`orders ${userId} ${attached}`, (cursor) =>
    shop.order.list.query({ limit: 20, ...(cursor !== undefined && { cursor }) }),
  )
  const isLoggedOut = pages.failure?.code === 'unauthenticated'
  useEffect(() => {
    if (isLoggedOut) void hasSessionEnded()
  }, [isLoggedOut])
  const offer = <GuestOrdersOffer onAttached={() => setAttached((before) => before + 1)} />
  if (pages.failure) return <FailureNotice failure={pages.failure} onRetry={pages.retry} />
  if (pages.data === undefined) return <OrdersSkeleton />
  if (pages.items.length === 0)
    return (
      <>
        {offer}
        <EmptyState
          title={text.orders.empty}
          detail={text.orders.emptyText}
          action={{ href: '/', label: text.cart.browse }}
        />
      </>
    )
  return (
    <>
      {offer}
      <ul className="orders">
        {pages.items.map((order) => (
          <OrderRow key={order.id} order={order} />
        ))}
      </ul>
      {pages.moreFailure && <FailureNotice failure={pages.moreFailure} onRetry={pages.loadMore} />}
      {pages.hasMore && !pages.moreFailure && (
        <p className="grid-more">
          <button type="button" className="button button-quiet" onClick={pages.loadMore}>
            {pages.isLoadingMore ? text.loading : text.list.loadMore}
          </button>
        </p>
      )}
    </>
  )
}

function OrderRow({ order }: { order: Order }) {
  const text = useText()
  const { money, dateTime: moment } = useFormats()
  return (
    <li className="order-row">
      <p>
        <Link href={`/order/${order.id}`}>{text.order.title(order.number)}</Link>
        <span className={`state state-${order.status}`}>{text.orders.statuses[order.status] ?? order.status}</span>
      </p>
      <p className="quiet">
        <time dateTime={order.placedAt}>{moment(order.placedAt)}</time>
      </p>
      <p className="order-row-titles">
        {order.lines.map(({ title, quantity }) => `${text.order.times(quantity)} ${title}`).join(', ')}
      </p>
      <p className="order-row-total">{money(order.totals.total)}</p>
    </li>
  )
}

function OrdersSkeleton() {
  const text = useText()
  return <div className="skeleton skeleton-box" role="status" aria-label={text.loading} />
}
