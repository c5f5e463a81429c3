import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { useRoute } from '../route/router.ts'

/** A button that opens a list of links. Escape, a click outside and a navigation close it. */
export function Menu({ label, button, children }: { label: string; button: ReactNode; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const id = useId()
  const route = useRoute()
  const [shownRoute, setShownRoute] = useState(route)
  if (shownRoute !== route) {
    setShownRoute(route)
    setOpen(false)
  }

  useEffect(() => {
    if (!isOpen) return
    const closeOutside = (event: PointerEvent): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false)
    }
    const closeByKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      setOpen(false)
      opener.current?.focus()
    }
    document.addEventListener('pointerdown', closeOutside)
    document.addEventListener('keydown', closeByKey)
    return () => {
      document.removeEventListener('pointerdown', closeOutside)
      document.removeEventListener('keydown', closeByKey)
    }
  }, [isOpen])

  return (
    <div
      className="menu"
      ref={root}
      onBlur={(event) =>
        event.relatedTarget === null || event.currentTarget.contains(event.relatedTarget) || setOpen(false)
      }
    >
      <button
        ref={opener}
        type="button"
        className="header-button"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={label}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      <div id={id} className="menu-list" hidden={!isOpen}>
        {children}
      </div>
    </div>
  )
}
