import { useEffect, useRef, type ReactNode } from 'react'
import { Link } from '../route/link.tsx'
import type { Failure } from '../shop/failure.ts'
import { failureText } from '../shop/failure-text.ts'
import { useText } from '../text/use-text.ts'

/** Focuses an element in the middle of the window. */
export function bringIntoView(element: HTMLElement | null | undefined): void {
  element?.focus({ preventScroll: true })
  element?.scrollIntoView({ block: 'center' })
}

interface NoticeProps {
  kind: 'info' | 'warning' | 'error'
  title?: string
  /** Scrolls into view and takes the focus when it appears, as the outcome of what the user has just done. */
  isFocused?: boolean
  children?: ReactNode
}

/** A highlighted message. Errors interrupt a screen reader; other kinds do not. */
export function Notice({ kind, title, isFocused = false, children }: NoticeProps) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isFocused) bringIntoView(element.current)
  }, [isFocused])
  return (
    <div
      ref={element}
      tabIndex={isFocused ? -1 : undefined}
      className={`notice notice-${kind}`}
      role={kind === 'error' ? 'alert' : 'status'}
    >
      {title !== undefined && <p className="notice-title">{title}</p>}
      {children}
    </div>
  )
}

/** Replaces content that failed to load, with a retry. */
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

/** Replaces an empty list. */
export function EmptyState({ title, detail, action, children }: EmptyProps) {
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
