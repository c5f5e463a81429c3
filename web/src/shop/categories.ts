import { settings } from '../text/settings.ts'
import { useAnswer, type Answer } from './answer.ts'
import { shop } from './client.ts'
import { useStore } from './store.ts'
import type { Category } from './types.ts'

/** The tree of categories in the reader's language. */
export function useCategories(): Answer<Category[]> {
  const { locale } = useStore(settings)
  return useAnswer(`categories ${locale}`, () => shop.product.categories.query({ locale }))
}

/** The way from a root down to the category of this slug; empty where there is none. */
export function pathTo(categories: readonly Category[], slug: string): Category[] {
  for (const category of categories) {
    if (category.slug === slug) return [category]
    const below = pathTo(category.children, slug)
    if (below.length > 0) return [category, ...below]
  }
  return []
}
