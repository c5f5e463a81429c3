import { Link } from '../route/link.tsx'
import { useText } from '../text/use-text.ts'

/** Links from the start page down to this page. */
export function Breadcrumb({ steps }: { steps: { slug: string; name: string }[] }) {
  const text = useText()
  return (
    <nav className="breadcrumb" aria-label={text.nav.breadcrumb}>
      <ol>
        <li>
          <Link href="/">{text.nav.home}</Link>
        </li>
        {steps.map(({ slug, name }) => (
          <li key={slug}>
            <Link href={`/c/${encodeURIComponent(slug)}`}>{name}</Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}
