import { createStore, useStore } from '../shop/store.ts'

const message = createStore('')

/** Announces a change of the page to screen readers. */
export const announce = (text: string): void => message.set(text)

/** The live region for announcements, rendered once from the start, because screen readers ignore regions added later. */
export function Announcer() {
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {useStore(message)}
    </p>
  )
}
