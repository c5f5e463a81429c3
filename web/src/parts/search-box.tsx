import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { navigate, useRoute } from '../route/router.ts'
import { useQuery } from '../shop/query.ts'
import { shop } from '../shop/client.ts'
import type { Money, Suggestions } from '../shop/types.ts'
import { useStore } from '../shop/store.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { Icon } from './icon.tsx'
import { Picture } from './picture.tsx'
import { Price } from './price.tsx'

interface Suggestion {
  href: string
  label: string
  image?: Suggestions['products'][number]['image']
  price?: Money
}

const debounceMs = 140

const suggestionsOf = ({ terms, products }: Suggestions): Suggestion[] => [
  ...terms.slice(0, 4).map((term) => ({ href: searchHref(term), label: term })),
  ...products
    .slice(0, 5)
    .map(({ slug, title, image, price }) => ({ href: `/p/${encodeURIComponent(slug)}`, label: title, image, price })),
]

const searchHref = (q: string): string => `/search?q=${encodeURIComponent(q)}`

/** Debounced value: changes `debounceMs` after the last change of `value`. */
function useDebounced(value: string): string {
  const [debounced, setDebounced] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setDebounced(value), debounceMs)
    return () => clearTimeout(timer)
  }, [value])
  return debounced
}

/** The search field with suggestions, a combobox by the ARIA practices: arrows move, Enter selects, Escape closes. */
export function SearchBox() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const route = useRoute()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const routeQ = route.path === '/search' ? (route.query.get('q') ?? '') : ''
  const [q, setQ] = useState(routeQ)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const [shownRoute, setShownRoute] = useState(route)
  if (shownRoute !== route) {
    setShownRoute(route)
    setQ(routeQ)
    setOpen(false)
    setActive(-1)
  }
  const debouncedQ = useDebounced(q.trim())

  const key =
    isOpen && debouncedQ !== '' && debouncedQ.length <= 100 ? `suggest ${locale} ${currency} ${debouncedQ}` : null
  const { data } = useQuery(key, () => shop.product.suggest.query({ q: debouncedQ, locale, currency }))
  const suggestions = isOpen && q.trim() !== '' && data ? suggestionsOf(data) : []
  const isShown = suggestions.length > 0

  function go(href: string): void {
    setOpen(false)
    setActive(-1)
    input.current?.blur()
    navigate(href)
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    const selected = suggestions[active]
    if (selected) go(selected.href)
    else if (q.trim() !== '') go(searchHref(q.trim()))
  }

  function handleKey(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      if (isShown) event.preventDefault()
      setOpen(false)
      setActive(-1)
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    setOpen(true)
    const positionCount = suggestions.length + 1
    // One more position than suggestions: the field itself with the typed text.
    setActive((before) => ((before + 1 + (event.key === 'ArrowDown' ? 1 : -1) + positionCount) % positionCount) - 1)
  }

  return (
    <search
      className="search-box"
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}
    >
      <form action="/search" onSubmit={submit}>
        <label className="visually-hidden" htmlFor={id}>
          {text.nav.search}
        </label>
        <input
          ref={input}
          id={id}
          className="search-input"
          type="search"
          name="q"
          value={q}
          maxLength={200}
          placeholder={text.nav.searchPlaceholder}
          autoComplete="off"
          enterKeyHint="search"
          role="combobox"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
          onChange={(event) => {
            setQ(event.target.value)
            setOpen(true)
            setActive(-1)
          }}
          onFocus={() => setOpen(q !== routeQ)}
          onKeyDown={handleKey}
        />
        <button type="submit" className="search-button" aria-label={text.nav.search}>
          <Icon name="search" size={20} />
        </button>
      </form>
      <ul id={`${id}-list`} className="search-list" role="listbox" aria-label={text.nav.suggestions} hidden={!isShown}>
        {suggestions.map(({ href, label, image, price }, index) => (
          // A press must not move the focus away from the field, which handles the keys.
          <li
            key={href}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            className="search-option"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(href)}
          >
            {image === undefined ? <Icon name="search" size={18} /> : <Picture image={image} size={40} isDecorative />}
            <span className="search-label">{label}</span>
            {price && <Price price={price} />}
          </li>
        ))}
      </ul>
    </search>
  )
}
