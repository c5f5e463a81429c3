import { useState } from 'react'
import { Link } from '../route/link.tsx'
import { useRoute } from '../route/router.ts'
import { cartStatus } from '../shop/cart.ts'
import { useCategories } from '../shop/categories.ts'
import { logOut } from '../shop/account.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import { session } from '../shop/session.ts'
import { useStore } from '../shop/store.ts'
import { ShopName } from './shop-name.tsx'
import { useText } from '../text/use-text.ts'
import { Icon, Logo } from './icon.tsx'
import { failureText } from '../shop/failure-text.ts'
import { Menu } from './menu.tsx'
import { Preferences } from './preferences.tsx'
import { SearchBox } from './search-box.tsx'

/** The header of every page: logo, search, account, cart, and the categories below. */
export function Header() {
  const text = useText()
  return (
    <header className="header">
      <div className="strip">
        <div className="width strip-row">
          <p>{text.testShop}</p>
          <Preferences />
        </div>
      </div>
      <div className="width header-row">
        <Link className="brand" href="/">
          <Logo />
          <ShopName />
        </Link>
        <SearchBox />
        <div className="header-actions">
          <AccountMenu />
          <CartLink />
        </div>
      </div>
      <CategoryBar />
    </header>
  )
}

function CartLink() {
  const text = useText()
  const { cart } = useStore(cartStatus)
  const itemCount = cart?.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0
  return (
    <Link
      className="header-button"
      href="/cart"
      aria-label={itemCount === 0 ? text.nav.cart : text.nav.cartWith(itemCount)}
    >
      <Icon name="cart" />
      {itemCount > 0 && <span className="count">{itemCount > 99 ? '99+' : itemCount}</span>}
    </Link>
  )
}

function AccountMenu() {
  const text = useText()
  const user = useStore(session)
  const [failure, setFailure] = useState<Failure | null>(null)

  function leave(): void {
    setFailure(null)
    logOut().catch((error: unknown) => setFailure(failureOf(error)))
  }

  return (
    <Menu label={text.nav.account} button={<Icon name="account" />}>
      {user ? (
        <>
          <p className="menu-note">{user.name ?? user.email}</p>
          <Link href="/orders">{text.nav.orders}</Link>
          <button type="button" onClick={leave}>
            {text.nav.logOut}
          </button>
          {failure && (
            <p className="menu-note field-error" role="alert">
              {failureText(text, failure)}
            </p>
          )}
        </>
      ) : (
        <>
          <Link href="/login">{text.nav.logIn}</Link>
          <Link href="/register">{text.nav.register}</Link>
        </>
      )}
    </Menu>
  )
}

function CategoryBar() {
  const text = useText()
  const { path } = useRoute()
  const { data } = useCategories()
  return (
    <nav className="category-bar" aria-label={text.nav.label}>
      <ul className="width">
        {data?.map(({ id, slug, name }) => (
          <li key={id}>
            <Link href={`/c/${encodeURIComponent(slug)}`} aria-current={path === `/c/${slug}` ? 'page' : undefined}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
