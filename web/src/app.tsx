import { useEffect, useLayoutEffect, useRef } from 'react'
import { CartPage } from './pages/cart.tsx'
import { CategoryPage } from './pages/category.tsx'
import { CheckoutPage } from './pages/checkout.tsx'
import { HomePage } from './pages/home.tsx'
import { LoginPage } from './pages/login.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import { OrderPage } from './pages/order.tsx'
import { OrdersPage } from './pages/orders.tsx'
import { ProductPage } from './pages/product.tsx'
import { RegisterPage } from './pages/register.tsx'
import { SearchPage } from './pages/search.tsx'
import { Announcer } from './parts/announcer.tsx'
import { CurrencyNotice } from './parts/currency-notice.tsx'
import { Footer } from './parts/footer.tsx'
import { Header } from './parts/header.tsx'
import { MaintenanceBanner } from './parts/maintenance-banner.tsx'
import { savedScrollY, useRoute } from './route/router.ts'
import { visit } from './shop/session.ts'
import { useStore } from './shop/store.ts'
import { settings } from './text/settings.ts'
import { languageTag, useText } from './text/use-text.ts'

/** The storefront: header, the page of the current address, footer. */
export function App() {
  const text = useText()
  const { locale } = useStore(settings)
  const route = useRoute()
  const main = useRef<HTMLElement>(null)
  const previousPath = useRef(route.path)

  useEffect(() => {
    document.documentElement.lang = languageTag(locale)
  }, [locale])

  useLayoutEffect(() => {
    const isNewPage = route.action === 'push' || (route.action === 'replace' && route.path !== previousPath.current)
    previousPath.current = route.path
    if (isNewPage) {
      scrollTo(0, 0)
      main.current?.focus({ preventScroll: true })
    }
    if (route.action === 'pop') scrollTo(0, savedScrollY())
  }, [route])

  return (
    <>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        {text.skipToContent}
      </a>
      <Header />
      <MaintenanceBanner />
      <main id="main" ref={main} tabIndex={-1} className="width">
        <CurrencyNotice />
        <Screen key={useStore(visit)} path={route.path} />
      </main>
      <Footer />
      <Announcer />
    </>
  )
}

/** The decoded segments of a path; null when the percent-encoding is malformed. */
function segmentsOf(path: string): string[] | null {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return null
  }
}

function Screen({ path }: { path: string }) {
  const [section, id, ...rest] = segmentsOf(path) ?? ['?']
  if (rest.length > 0) return <NotFoundPage />
  if (id !== undefined) {
    switch (section) {
      case 'c':
        return <CategoryPage key={id} slug={id} />
      case 'p':
        return <ProductPage key={id} slug={id} />
      case 'order':
        return <OrderPage key={id} id={id} />
      default:
        return <NotFoundPage />
    }
  }
  switch (section) {
    case undefined:
      return <HomePage />
    case 'search':
      return <SearchPage />
    case 'cart':
      return <CartPage />
    case 'checkout':
      return <CheckoutPage />
    case 'orders':
      return <OrdersPage />
    case 'login':
      return <LoginPage />
    case 'register':
      return <RegisterPage />
    default:
      return <NotFoundPage />
  }
}
