import { settings } from '../text/settings.ts'
import { useQuery, type QueryState } from './query.ts'
import { shop } from './client.ts'
import { useStore } from './store.ts'
import type { Category } from './types.ts'

/** The category tree in the user's language. */
export function useCategories(): QueryState<Category[]> {
  const { locale } = useStore(settings)
  return useQuery(`categories ${locale}`, () => shop.product.categories.query({ locale }))
}

/** The categories from a root to the category with this slug; empty when there is none. */
export function categoryPath(categories: readonly Category[], slug: string): Category[] {
  for (const category of categories) {
    if (category.slug === slug) return [category]
    const below = categoryPath(category.children, slug)
    if (below.length > 0) return [category, ...below]
  }
  return []
}
