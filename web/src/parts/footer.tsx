import { Link } from '../route/link.tsx'
import { useCategories } from '../shop/categories.ts'
import { session } from '../shop/session.ts'
import { useStore } from '../shop/store.ts'
import { ShopName } from './shop-name.tsx'
import { useText } from '../text/use-text.ts'
import { Logo } from './icon.tsx'

/** Placeholders shown while the categories load, to avoid layout shifts. */
const placeholderCount = 7

export function Footer() {
  const text = useText()
  const user = useStore(session)
  const { data } = useCategories()
  return (
    <footer className="footer">
      <div className="width footer-row">
        <div className="footer-about">
          <p className="brand">
            <Logo size={26} /> <ShopName />
          </p>
          <p>{text.tagline}</p>
          <p className="quiet">{text.footer.about}</p>
        </div>
        <nav aria-label={text.footer.shop}>
          <h2>{text.footer.shop}</h2>
          <ul>
            {data?.map(({ id, slug, name }) => (
              <li key={id}>
                <Link href={`/c/${encodeURIComponent(slug)}`}>{name}</Link>
              </li>
            )) ??
              Array.from({ length: placeholderCount }, (_, index) => (
                <li key={index} className="footer-place" aria-hidden="true" />
              ))}
          </ul>
        </nav>
        <nav aria-label={text.footer.help}>
          <h2>{text.footer.help}</h2>
          <ul>
            <li>
              <Link href="/cart">{text.nav.cart}</Link>
            </li>
            <li>
              <Link href="/orders">{text.nav.orders}</Link>
            </li>
            {!user && (
              <li>
                <Link href="/login">{text.nav.logIn}</Link>
              </li>
            )}
          </ul>
        </nav>
      </div>
    </footer>
  )
}
