import { EmptyState } from '../parts/notice.tsx'
import { Facets } from '../parts/facets.tsx'
import { Page } from '../parts/page.tsx'
import { ProductGrid } from '../parts/product-grid.tsx'
import { SortSelect } from '../parts/sort-select.tsx'
import { Link } from '../route/link.tsx'
import { navigate, useRoute } from '../route/router.ts'
import { usePaginatedQuery } from '../shop/query.ts'
import { shop } from '../shop/client.ts'
import { parseSearch, searchAddress, searchSorts, type Search } from '../shop/search.ts'
import { useStore } from '../shop/store.ts'
import type { ProductCard, SearchAnswer } from '../shop/types.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

function useSearch(search: Search) {
  const { locale, currency } = useStore(settings)
  const { q, category, brands, inStock, sort } = search
  return usePaginatedQuery<ProductCard, SearchAnswer>(
    q === '' ? null : `search ${searchAddress(search)} ${locale} ${currency}`,
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

/** The search page: results, filtered by facets. */
export function SearchPage() {
  const text = useText()
  const { query } = useRoute()
  const search = parseSearch(query)
  const pages = useSearch(search)
  const { q, sort } = search
  const change = (part: Partial<Search>) => navigate(searchAddress({ ...search, ...part }), { isReplacement: true })

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
            <SortSelect sorts={searchSorts} value={sort} onChange={(next) => change({ sort: next })} />
          </div>
          {data?.items.length === 0 ? (
            <EmptyState
              title={text.search.none(q)}
              detail={text.search.noneText}
              action={{ href: '/', label: text.notFound.action }}
            />
          ) : (
            <ProductGrid pages={pages} heading="h2" />
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
      <EmptyState
        title={text.search.none(q)}
        detail={text.search.noneText}
        action={{ href: '/', label: text.notFound.action }}
      >
        <DidYouMean q={didYouMean} />
      </EmptyState>
    </Page>
  )
}
