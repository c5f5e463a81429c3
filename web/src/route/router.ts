import { createStore, useStore } from '../shop/store.ts'

/** The current page address, and the kind of navigation that led to it. */
export interface Route {
  path: string
  query: URLSearchParams
  /** `push`: a new page. `replace`: the same page in another state. `pop`: the browser's back or forward. */
  action: 'load' | 'push' | 'replace' | 'pop'
}

const currentRoute = (action: Route['action']): Route => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
  action,
})

const route = createStore(currentRoute('load'))

/** The current route; the component renders again after each navigation. */
export const useRoute = (): Route => useStore(route)

/** Navigates to an address of the shop, such as `/p/mug?variant=M1`. */
export function navigate(address: string, options: { isReplacement?: boolean } = {}): void {
  if (options.isReplacement === true) history.replaceState(history.state, '', address)
  else history.pushState(null, '', address)
  route.set(currentRoute(options.isReplacement === true ? 'replace' : 'push'))
}

/** Scroll position of this history entry when it was left, px. */
export function savedScrollY(): number {
  const state: unknown = history.state
  return typeof state === 'object' && state !== null && 'scrollY' in state ? Number(state.scrollY) : 0
}

/** Listens to back and forward navigation. Pages render from cached data, so the router restores scroll positions, not the browser. */
export function startRouter(): void {
  history.scrollRestoration = 'manual'
  let timer: ReturnType<typeof setTimeout> | undefined
  addEventListener('popstate', () => {
    clearTimeout(timer)
    const next = currentRoute('pop')
    const { path, query } = route.get()
    // The browser handles jumps to an anchor on the same page.
    if (next.path !== path || next.query.toString() !== query.toString()) route.set(next)
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
