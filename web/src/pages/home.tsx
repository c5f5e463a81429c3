import { Icon, type IconName } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { Link } from '../route/link.tsx'
import { useAnswer, usePages } from '../shop/answer.ts'
import { useCategories } from '../shop/categories.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { Category, ProductCard, ProductPage } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

const heroTiles = 5
const categoryTiles = 8
const promiseIcons: IconName[] = ['truck', 'shield', 'card']

/** So many of them, from the whole length of the list and from its end on: neighbours in it are alike, and its beginning is shown below. */
const spread = <Item,>(items: readonly Item[], count: number): Item[] =>
  Array.from(
    { length: count },
    (_, index) => items[items.length - 1 - Math.floor((index * items.length) / count)],
  ).filter((item) => item !== undefined)

/** The start page: what the shop is, its categories, its newest things. */
export function HomePage() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const pages = usePages<ProductCard, ProductPage>(`newest ${locale} ${currency}`, (cursor) =>
    shop.product.list.query({ sort: 'newest', limit: 24, locale, currency, ...(cursor !== undefined && { cursor }) }),
  )
  const pictured = spread(pages.data?.items.filter(({ image }) => image !== null) ?? [], heroTiles)
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
          {Array.from({ length: heroTiles }, (_, index) => (
            <li key={index} className={pictured[index] ? '' : 'skeleton'}>
              {pictured[index] && <Picture image={pictured[index].image} size={320} isFirst isDecorative />}
            </li>
          ))}
        </ul>
      </section>
      <CategoryTiles />
      <section id="newest" aria-labelledby="newest-title">
        <h2 id="newest-title">{text.home.newest}</h2>
        <ProductGrid pages={pages} />
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
  const categories = data?.slice(0, categoryTiles)
  // The products below say what failed, and their retry asks for these again too.
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
  const { data } = useAnswer(`tile ${slug} ${locale}`, () =>
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
