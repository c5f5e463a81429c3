import { Breadcrumb } from '../parts/breadcrumb.tsx'
import { Empty } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SortSelect } from '../parts/sort-select.tsx'
import { Link } from '../route/link.tsx'
import { navigate, usePlace } from '../route/router.ts'
import { usePages } from '../shop/answer.ts'
import { pathTo, useCategories } from '../shop/categories.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { Category, ProductCard, ProductPage } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { NotFoundPage } from './not-found.tsx'

const sorts = ['newest', 'price_asc', 'price_desc', 'title'] as const

/** What stands in one category and those below it. */
export function CategoryPage({ slug }: { slug: string }) {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const { query } = usePlace()
  const sort = sorts.find((known) => known === query.get('sort')) ?? 'newest'
  const categories = useCategories()
  const way = pathTo(categories.data ?? [], slug)
  const category = way.at(-1)
  const pages = usePages<ProductCard, ProductPage>(`category ${slug} ${sort} ${locale} ${currency}`, (cursor) =>
    shop.product.list.query({
      category: slug,
      sort,
      limit: 24,
      locale,
      currency,
      ...(cursor !== undefined && { cursor }),
    }),
  )
  if (categories.data !== undefined && category === undefined) return <NotFoundPage />
  const failed = categories.failure && pages.data === undefined
  const isEmpty = pages.data !== undefined && pages.items.length === 0
  return (
    <Page title={category?.name}>
      <Breadcrumb steps={way.slice(0, -1)} />
      <h1 className={category || failed ? '' : 'skeleton skeleton-title'}>{category?.name}</h1>
      <div className="list-tools">
        <Siblings way={way} />
        <SortSelect
          sorts={sorts}
          value={sort}
          onChange={(next) => navigate(`/c/${encodeURIComponent(slug)}?sort=${next}`, { isReplacement: true })}
        />
      </div>
      {isEmpty ? (
        <Empty
          title={text.list.empty}
          detail={text.list.emptyText}
          action={{ href: '/', label: text.notFound.action }}
        />
      ) : (
        <ProductGrid pages={pages} />
      )}
    </Page>
  )
}

/** The categories below this one; on the lowest level, those beside it. */
function Siblings({ way }: { way: Category[] }) {
  const text = useText()
  const category = way.at(-1)
  const above = category?.children.length === 0 ? way.at(-2) : category
  if (category === undefined || above === undefined) return <div className="chips skeleton" />
  return (
    <ul className="chips">
      <li>
        <Link
          className="chip"
          href={`/c/${encodeURIComponent(above.slug)}`}
          aria-current={above === category ? 'page' : undefined}
        >
          {text.list.all}
        </Link>
      </li>
      {above.children.map(({ id, slug, name }) => (
        <li key={id}>
          <Link
            className="chip"
            href={`/c/${encodeURIComponent(slug)}`}
            aria-current={id === category.id ? 'page' : undefined}
          >
            {name}
          </Link>
        </li>
      ))}
    </ul>
  )
}
