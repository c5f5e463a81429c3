import type { PaginatedQueryState } from '../shop/query.ts'
import type { ProductCard as Card } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'
import { FailureNotice, Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'
import { CardSkeleton, ProductCard } from './product-card.tsx'

const eagerCount = 4

/** A paginated grid of products, with placeholders while it loads. The caller renders the empty state. */
export function ProductGrid({
  pages,
  heading,
}: {
  pages: PaginatedQueryState<Card, { items: Card[]; nextCursor: string | null }>
  /** Heading level of the cards. */
  heading: 'h2' | 'h3'
}) {
  const text = useText()
  if (pages.failure) return <FailureNotice failure={pages.failure} onRetry={pages.retry} />
  if (pages.data === undefined) return <GridSkeleton count={8} />
  return (
    <>
      <ul className={pages.isStale ? 'grid grid-stale' : 'grid'} aria-busy={pages.isStale}>
        {pages.items.map((card, index) => (
          <li key={card.id}>
            <ProductCard card={card} heading={heading} isFirst={index < eagerCount} />
          </li>
        ))}
      </ul>
      {pages.moreFailure && <Notice kind="error">{failureText(text, pages.moreFailure)}</Notice>}
      {pages.hasMore && (
        <p className="grid-more">
          <button
            type="button"
            className="button button-quiet"
            onClick={pages.loadMore}
            aria-disabled={pages.isLoadingMore}
          >
            {pages.isLoadingMore ? text.loading : text.list.loadMore}
          </button>
        </p>
      )}
      <p className="visually-hidden" role="status">
        {text.list.shown(pages.items.length)}
      </p>
    </>
  )
}

function GridSkeleton({ count }: { count: number }) {
  const text = useText()
  return (
    <div className="grid" role="status" aria-label={text.loading}>
      {Array.from({ length: count }, (_, index) => (
        <CardSkeleton key={index} />
      ))}
    </div>
  )
}
