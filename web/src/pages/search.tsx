import { Empty } from '../parts/notice.tsx'
import { Facets } from '../parts/facets.tsx'
import { Page } from '../parts/page.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SortSelect } from '../parts/sort-select.tsx'
import { Link } from '../route/link.tsx'
import { navigate, usePlace } from '../route/router.ts'
import { usePages } from '../shop/answer.ts'
import { shop } from '../shop/client.ts'
import { useStore } from '../shop/store.ts'
import type { ProductCard, SearchAnswer } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

const sorts = ['relevance', 'newest', 'price_asc', 'price_desc'] as const

/** What is searched for; all of it stands in the address. */
export interface Search {
  q: string
  category: string | null
  brands: string[]
  inStock: boolean
  sort: (typeof sorts)[number]
}

const searchOf = (query: URLSearchParams): Search => ({
  q: (query.get('q') ?? '').trim().slice(0, 200),
  category: query.get('category') || null,
  brands: query.getAll('brand').slice(0, 20),
  inStock: query.get('stock') === '1',
  sort: sorts.find((sort) => sort === query.get('sort')) ?? 'relevance',
})

function addressOf({ q, category, brands, inStock, sort }: Search): string {
  const query = new URLSearchParams({ q })
  if (category !== null) query.set('category', category)
  for (const brand of brands) query.append('brand', brand)
  if (inStock) query.set('stock', '1')
  if (sort !== 'relevance') query.set('sort', sort)
  return `/search?${query.toString()}`
}

function useSearch(search: Search) {
  const { locale, currency } = useStore(settings)
  const { q, category, brands, inStock, sort } = search
  return usePages<ProductCard, SearchAnswer>(
    q === '' ? null : `search ${addressOf(search)} ${locale} ${currency}`,
    (cursor) =>
      shop.product.search.query({
        q,
        sort,
        limit: 24,
        locale,
        currency,
        filters: { ...(brands.length > 0 && { brand: brands }), ...(inStock && { inStock }) },
        ...(category !== null && { category }),
        ...(cursor !== undefined && { cursor }),
      }),
  )
}

/** Results of a search, narrowed down by facets. */
export function SearchPage() {
  const text = useText()
  const { query } = usePlace()
  const search = searchOf(query)
  const pages = useSearch(search)
  const { q, sort } = search
  const change = (part: Partial<Search>) => navigate(addressOf({ ...search, ...part }), { isReplacement: true })

  if (q === '') {
    return (
      <Page title={text.nav.search}>
        <h1>{text.search.start}</h1>
        <p className="lead">{text.search.startText}</p>
      </Page>
    )
  }
  const { data } = pages
  const isNarrowed = search.brands.length > 0 || search.category !== null || search.inStock
  if (data?.total === 0 && !pages.isStale && !isNarrowed) return <NothingFound q={q} didYouMean={data.didYouMean} />
  return (
    <Page title={text.search.title(q)}>
      <h1>{text.search.title(q)}</h1>
      <p className="lead" role="status">
        {data ? text.search.total(data.total) : pages.failure ? '' : text.loading}
      </p>
      <DidYouMean q={data?.didYouMean} />
      <div className="results">
        <Facets search={search} facets={data?.facets} onChange={change} />
        <section aria-label={text.search.title(q)}>
          <div className="list-tools list-tools-end">
            <SortSelect sorts={sorts} value={sort} onChange={(next) => change({ sort: next })} />
          </div>
          {data?.items.length === 0 ? (
            <Empty
              title={text.search.none(q)}
              detail={text.search.noneText}
              action={{ href: '/', label: text.notFound.action }}
            />
          ) : (
            <ProductGrid pages={pages} />
          )}
        </section>
      </div>
    </Page>
  )
}

function DidYouMean({ q }: { q: string | undefined }) {
  const text = useText()
  if (q === undefined) return null
  return (
    <p className="did-you-mean">
      {text.search.didYouMean} <Link href={`/search?${new URLSearchParams({ q }).toString()}`}>{q}</Link>
      {text.search.questionMark}
    </p>
  )
}

function NothingFound({ q, didYouMean }: { q: string; didYouMean: string | undefined }) {
  const text = useText()
  return (
    <Page title={text.search.title(q)} className="page-narrow">
      <h1 className="visually-hidden">{text.search.title(q)}</h1>
      <Empty
        title={text.search.none(q)}
        detail={text.search.noneText}
        action={{ href: '/', label: text.notFound.action }}
      >
        <DidYouMean q={didYouMean} />
      </Empty>
    </Page>
  )
}
