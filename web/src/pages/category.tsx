import { Breadcrumb } from '../parts/breadcrumb.tsx'
import { EmptyState } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SortSelect } from '../parts/sort-select.tsx'
import { Link } from '../route/link.tsx'
import { navigate, useRoute } from '../route/router.ts'
import { usePaginatedQuery } from '../shop/query.ts'
import { categoryPath, useCategories } from '../shop/categories.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { Category, ProductCard, ProductPage } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { NotFoundPage } from './not-found.tsx'

const sorts = ['newest', 'price_asc', 'price_desc', 'title'] as const

/** The category page: the products of a category and its subcategories. */
export function CategoryPage({ slug }: { slug: string }) {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const { query } = useRoute()
  const sort = sorts.find((known) => known === query.get('sort')) ?? 'newest'
  const categories = useCategories()
  const path = categoryPath(categories.data ?? [], slug)
  const category = path.at(-1)
  const pages = usePaginatedQuery<ProductCard, ProductPage>(
    `category ${slug} ${sort} ${locale} ${currency}`,
    (cursor) =>
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
      <Breadcrumb steps={path.slice(0, -1)} />
      <h1 className={category || failed ? '' : 'skeleton skeleton-title'}>{category?.name}</h1>
      <div className="list-tools">
        <NearbyCategories path={path} />
        <SortSelect
          sorts={sorts}
          value={sort}
          onChange={(next) => navigate(`/c/${encodeURIComponent(slug)}?sort=${next}`, { isReplacement: true })}
        />
      </div>
      {isEmpty ? (
        <EmptyState
          title={text.list.empty}
          detail={text.list.emptyText}
          action={{ href: '/', label: text.notFound.action }}
        />
      ) : (
        <ProductGrid pages={pages} heading="h2" />
      )}
    </Page>
  )
}

/** Links to the subcategories, or to the sibling categories at the lowest level. */
function NearbyCategories({ path }: { path: Category[] }) {
  const text = useText()
  const category = path.at(-1)
  const parent = category?.children.length === 0 ? path.at(-2) : category
  if (category === undefined || parent === undefined) return <div className="chips skeleton" />
  return (
    <ul className="chips">
      <li>
        <Link
          className="chip"
          href={`/c/${encodeURIComponent(parent.slug)}`}
          aria-current={parent === category ? 'page' : undefined}
        >
          {text.list.all}
        </Link>
      </li>
      {parent.children.map(({ id, slug, name }) => (
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
