import { Link } from '../route/link.tsx'
import type { ProductCard as Card } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'
import { Picture } from './picture.tsx'
import { Price } from './price.tsx'

interface ProductCardProps {
  card: Card
  isFirst?: boolean
  /** One level below the heading of the grid. */
  heading?: 'h2' | 'h3'
}

/** A product in a grid; the whole card links to its page. */
export function ProductCard({ card, isFirst = false, heading: Heading = 'h3' }: ProductCardProps) {
  const text = useText()
  const isReduced = card.compareAt !== null && card.compareAt.amount > card.price.amount
  return (
    <article className={card.available ? 'card' : 'card card-gone'}>
      <div className="card-picture">
        <Picture image={card.image} size={400} isFirst={isFirst} isDecorative />
        {!card.available && <span className="badge">{text.list.soldOut}</span>}
        {card.available && isReduced && <span className="badge badge-sale">{text.list.sale}</span>}
      </div>
      <p className="card-brand">{card.brand ?? '\u00a0'}</p>
      <Heading className="card-title">
        <Link href={`/p/${encodeURIComponent(card.slug)}`}>{card.title}</Link>
      </Heading>
      <Price price={card.price} compareAt={card.compareAt} />
    </article>
  )
}

/** Placeholder for a card while it loads. */
export function CardSkeleton() {
  return (
    <div className="card" aria-hidden="true">
      <div className="card-picture skeleton" />
      <div className="skeleton skeleton-line skeleton-short" />
      <div className="skeleton skeleton-line" />
      <div className="skeleton skeleton-line skeleton-short" />
    </div>
  )
}
