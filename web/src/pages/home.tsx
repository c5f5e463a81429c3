import { Icon, type IconName } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { Link } from '../route/link.tsx'
import { useQuery, usePaginatedQuery } from '../shop/query.ts'
import { useCategories } from '../shop/categories.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { Category, ProductCard, ProductPage } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

const heroTileCount = 5
const categoryTileCount = 8
const promiseIcons: IconName[] = ['truck', 'shield', 'card']

/** Samples `count` items evenly, starting at the end: neighbours in the list are similar, and its beginning is shown below. */
const sampleFromEnd = <Item,>(items: readonly Item[], count: number): Item[] =>
  Array.from(
    { length: count },
    (_, index) => items[items.length - 1 - Math.floor((index * items.length) / count)],
  ).filter((item) => item !== undefined)

/** The start page: introduction, categories and the newest products. */
export function HomePage() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const pages = usePaginatedQuery<ProductCard, ProductPage>(`newest ${locale} ${currency}`, (cursor) =>
    shop.product.list.query({ sort: 'newest', limit: 24, locale, currency, ...(cursor !== undefined && { cursor }) }),
  )
  const heroProducts = sampleFromEnd(pages.data?.items.filter(({ image }) => image !== null) ?? [], heroTileCount)
  return (
    <Page title={undefined}>
      <section className="hero">
        <div className="hero-words">
          <h1>{text.home.heroTitle}</h1>
          <p>{text.home.heroText}</p>
          <a className="button button-large" href="#newest">
            {text.home.heroAction}
          </a>
        </div>
        <ul className="hero-tiles" aria-hidden="true">
          {Array.from({ length: heroTileCount }, (_, index) => (
            <li key={index} className={heroProducts[index] ? '' : 'skeleton'}>
              {heroProducts[index] && <Picture image={heroProducts[index].image} size={320} isFirst isDecorative />}
            </li>
          ))}
        </ul>
      </section>
      <CategoryTiles />
      <section id="newest" aria-labelledby="newest-title">
        <h2 id="newest-title">{text.home.newest}</h2>
        <ProductGrid pages={pages} heading="h3" />
      </section>
      <ul className="promises">
        {text.home.promises.map(([title, detail], index) => (
          <li key={title}>
            <Icon name={promiseIcons[index] ?? 'check'} size={26} />
            <p>
              <strong>{title}</strong>
              <span>{detail}</span>
            </p>
          </li>
        ))}
      </ul>
    </Page>
  )
}

function CategoryTiles() {
  const text = useText()
  const { data, failure } = useCategories()
  const categories = data?.slice(0, categoryTileCount)
  // The product grid below reports the failure, and its retry repeats this query too.
  if (categories?.length === 0 || failure) return null
  return (
    <section aria-labelledby="categories-title">
      <h2 id="categories-title">{text.home.categories}</h2>
      <ul className="tiles">
        {categories?.map((category) => <CategoryTile key={category.id} category={category} />) ??
          Array.from({ length: 6 }, (_, index) => <li key={index} className="tile skeleton" />)}
      </ul>
    </section>
  )
}

/** A category with the picture of one of its products. */
function CategoryTile({ category }: { category: Category }) {
  const { locale, currency } = useStore(settings)
  const { slug, name } = category
  const { data } = useQuery(`tile ${slug} ${locale}`, () =>
    shop.product.list.query({ category: slug, sort: 'title', limit: 1, locale, currency }),
  )
  return (
    <li className="tile">
      <span className={data ? 'tile-picture' : 'tile-picture skeleton'}>
        {data && <Picture image={data.items[0]?.image} size={240} isDecorative />}
      </span>
      <Link href={`/c/${encodeURIComponent(slug)}`}>{name}</Link>
    </li>
  )
}
