import type { ReactNode } from 'react'
import { Link } from '../route/link.tsx'
import type { Failure } from '../shop/failure.ts'
import type { Text } from '../text/en.ts'
import { useText } from '../text/use-text.ts'

/** What went wrong and what to do, in the reader's language. */
export function failureText(text: Text, failure: Failure): string {
  if (failure.code === 'network') return text.failure.network
  return text.failure.byCode[failure.code] ?? text.failure.unexpected
}

interface NoticeProps {
  kind: 'info' | 'warning' | 'error'
  title?: string
  children?: ReactNode
}

/** A box that must be noticed: errors interrupt a screen reader, the others wait their turn. */
export function Notice({ kind, title, children }: NoticeProps) {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {title !== undefined && <p className="notice-title">{title}</p>}
      {children}
    </div>
  )
}

/** In place of content that did not arrive. */
export function FailureNotice({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const text = useText()
  return (
    <Notice kind="error" title={text.failure.title}>
      <p>{failureText(text, failure)}</p>
      <button type="button" className="button button-quiet" onClick={onRetry}>
        {text.retry}
      </button>
    </Notice>
  )
}

interface EmptyProps {
  title: string
  detail: string
  action?: { href: string; label: string }
  children?: ReactNode
}

/** In place of a list that has nothing in it. */
export function Empty({ title, detail, action, children }: EmptyProps) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      <p>{detail}</p>
      {children}
      {action && (
        <Link className="button" href={action.href}>
          {action.label}
        </Link>
      )}
    </div>
  )
}
