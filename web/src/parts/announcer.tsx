import { createStore, useStore } from '../shop/store.ts'

const message = createStore('')

/** Says something to those who do not see the page change. */
export const announce = (words: string): void => message.set(words)

/** Stands in the page once, from the beginning: screen readers only follow regions that they know. */
export function Announcer() {
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {useStore(message)}
    </p>
  )
}
