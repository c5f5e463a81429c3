/** Orders of the search results; the first is the default. */
export const searchSorts = ['relevance', 'newest', 'price_asc', 'price_desc'] as const

/** A product search with its filters and order. The address of the search page holds all of it. */
export interface Search {
  q: string
  category: string | null
  brands: string[]
  inStock: boolean
  sort: (typeof searchSorts)[number]
}

/** Reads a search from the query string of the search page. */
export const parseSearch = (query: URLSearchParams): Search => ({
  q: (query.get('q') ?? '').trim().slice(0, 200),
  category: query.get('category') || null,
  brands: query.getAll('brand').slice(0, 20),
  inStock: query.get('stock') === '1',
  sort: searchSorts.find((sort) => sort === query.get('sort')) ?? 'relevance',
})

/** The address of the search page for this search. */
export function searchAddress({ q, category, brands, inStock, sort }: Search): string {
  const query = new URLSearchParams({ q })
  if (category !== null) query.set('category', category)
  for (const brand of brands) query.append('brand', brand)
  if (inStock) query.set('stock', '1')
  if (sort !== 'relevance') query.set('sort', sort)
  return `/search?${query.toString()}`
}
