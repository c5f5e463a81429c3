import { useSyncExternalStore } from 'react'
import type { Search } from '../shop/search.ts'
import type { Facet, SearchAnswer } from '../shop/types.ts'
import { useText } from '../text/use-text.ts'

interface FacetsProps {
  search: Search
  facets: SearchAnswer['facets'] | undefined
  onChange: (part: Partial<Search>) => void
}

const wideScreen = matchMedia('(min-width: 60rem)')
const useIsWide = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      wideScreen.addEventListener('change', listener)
      return () => wideScreen.removeEventListener('change', listener)
    },
    () => wideScreen.matches,
  )

/** Search filters: beside the results, collapsed on small screens. */
export function Facets({ search, facets, onChange }: FacetsProps) {
  const text = useText()
  const isWide = useIsWide()
  const chosen = search.brands.length + (search.category === null ? 0 : 1) + (search.inStock ? 1 : 0)
  const toggleBrand = (brand: string, isOn: boolean) =>
    onChange({ brands: isOn ? [...search.brands, brand] : search.brands.filter((other) => other !== brand) })
  const categories: Facet[] = facets?.category ?? []
  return (
    <details className="facets" open={isWide}>
      <summary>
        {text.search.filters}
        {chosen > 0 && <span className="count">{chosen}</span>}
      </summary>
      <label className="check">
        <input
          type="checkbox"
          checked={search.inStock}
          onChange={(event) => onChange({ inStock: event.target.checked })}
        />
        <span>{text.search.inStock}</span>
        {facets && <span className="facet-count">{facets.inStock}</span>}
      </label>
      {categories.length > 0 && (
        <fieldset>
          <legend>{text.search.category}</legend>
          <label className="check">
            <input
              type="radio"
              name="category"
              checked={search.category === null}
              onChange={() => onChange({ category: null })}
            />
            <span>{text.list.all}</span>
          </label>
          {categories.map(({ value, label, count }) => (
            <label className="check" key={value}>
              <input
                type="radio"
                name="category"
                checked={search.category === value}
                onChange={() => onChange({ category: value })}
              />
              <span>{label}</span>
              <span className="facet-count">{count}</span>
            </label>
          ))}
        </fieldset>
      )}
      {facets && facets.brand.length > 0 && (
        <fieldset>
          <legend>{text.search.brand}</legend>
          {facets.brand.map(({ value, label, count }) => (
            <label className="check" key={value}>
              <input
                type="checkbox"
                checked={search.brands.includes(value)}
                onChange={(event) => toggleBrand(value, event.target.checked)}
              />
              <span>{label}</span>
              <span className="facet-count">{count}</span>
            </label>
          ))}
        </fieldset>
      )}
      {chosen > 0 && (
        <button
          type="button"
          className="link-button"
          onClick={() => onChange({ brands: [], category: null, inStock: false })}
        >
          {text.search.clear}
        </button>
      )}
    </details>
  )
}
