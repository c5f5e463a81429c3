import { shop } from './client.ts'
import { failureOf } from './failure.ts'
import { localStore } from './storage.ts'
import { createStore } from './store.ts'
import type { User } from './types.ts'

/** The logged-in user; null for a guest, undefined until it is known. */
export const session = createStore<User | null | undefined>(localStore.read('signedIn') === null ? null : undefined)

/** Number of the visit in this tab: it grows when everything personal is forgotten, and the pages render from nothing. */
export const visit = createStore(1)

/**
 * Scripts cannot read the session cookie, so the browser's storage names the logged-in account: guests are spared a
 * request, and other tabs notice a login and a logout.
 */
export function setUser(user: User | null): void {
  localStore.write('signedIn', user?.id ?? null)
  session.set(user)
}

/** Loads the logged-in user, if there is one. */
export async function startSession(): Promise<void> {
  if (localStore.read('signedIn') === null) return session.set(null)
  try {
    setUser(await shop.user.me.query())
  } catch (error) {
    if (failureOf(error).code === 'unauthenticated') setUser(null)
    else session.set(null)
  }
}

/**
 * Whether the session has ended although this tab shows a user. To be asked after a response that only a guest would get:
 * the shop treats a browser with an expired session as a guest.
 */
export async function hasSessionEnded(): Promise<boolean> {
  if (!session.get()) return false
  await startSession()
  return session.get() === null && localStore.read('signedIn') === null
}
