import { createStore, useStore } from '../shop/store.ts'

/** Where the reader is. */
export interface Place {
  path: string
  query: URLSearchParams
  /** `push` for a new page; `pop` when the reader went back or forward; `replace` for the same page in another state. */
  arrival: 'load' | 'push' | 'replace' | 'pop'
}

const here = (arrival: Place['arrival']): Place => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
  arrival,
})

const place = createStore(here('load'))

export const usePlace = (): Place => useStore(place)

/** Goes to an address of the shop, such as `/p/mug?variant=M1`. */
export function navigate(address: string, options: { isReplacement?: boolean } = {}): void {
  if (options.isReplacement === true) history.replaceState(history.state, '', address)
  else history.pushState(null, '', address)
  place.set(here(options.isReplacement === true ? 'replace' : 'push'))
}

/** How far this page was scrolled when the reader left it, px. */
export function keptScroll(): number {
  const state: unknown = history.state
  return typeof state === 'object' && state !== null && 'scrollY' in state ? Number(state.scrollY) : 0
}

/** Starts listening to the browser's back and forward; the pages come from memory, so we restore their scrolling ourselves. */
export function startRouter(): void {
  history.scrollRestoration = 'manual'
  let timer: ReturnType<typeof setTimeout> | undefined
  addEventListener('popstate', () => {
    clearTimeout(timer)
    const next = here('pop')
    const { path, query } = place.get()
    // A jump within the page is the browser's own affair.
    if (next.path !== path || next.query.toString() !== query.toString()) place.set(next)
  })
  addEventListener(
    'scroll',
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => history.replaceState({ scrollY: Math.round(scrollY) }, ''), 120)
    },
    { passive: true },
  )
  addEventListener('pagehide', () => {
    history.scrollRestoration = 'auto'
  })
}
