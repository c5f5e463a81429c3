import { EmptyState } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { useText } from '../text/use-text.ts'

/** The page for unknown addresses. */
export function NotFoundPage({ title }: { title?: string }) {
  const text = useText()
  const heading = title ?? text.notFound.title
  return (
    <Page title={heading} className="page-narrow">
      <h1 className="visually-hidden">{heading}</h1>
      <EmptyState title={heading} detail={text.notFound.text} action={{ href: '/', label: text.notFound.action }} />
    </Page>
  )
}
