import { settings } from '../text/settings.ts'
import { claimCart } from './cart.ts'
import { shop } from './client.ts'
import { failureOf } from './failure.ts'
import { localStore } from './storage.ts'
import { createStore } from './store.ts'
import type { User } from './types.ts'

/** The logged-in user; null for a guest, undefined until it is known. */
export const session = createStore<User | null | undefined>(localStore.read('signedIn') === null ? null : undefined)

/**
 * Loads the logged-in user. Scripts cannot read the session cookie, so a flag in the browser's storage saves guests the request.
 */
export async function startSession(): Promise<void> {
  if (session.get() === null) return
  try {
    session.set(await shop.user.me.query())
  } catch (error) {
    if (failureOf(error).code === 'unauthenticated') localStore.write('signedIn', null)
    session.set(null)
  }
}

async function completeLogin(user: User): Promise<void> {
  localStore.write('signedIn', 'yes')
  session.set(user)
  // The login succeeds even if claiming the cart fails: the cart stays a guest's and can still be ordered.
  await claimCart().catch(() => undefined)
}

/** Logs in and claims the cart. @throws the error of the request, such as `login_failed`. */
export async function logIn(input: { email: string; password: string }): Promise<void> {
  const { user } = await shop.user.login.mutate(input)
  await completeLogin(user)
}

/** Creates an account, logs in and claims the cart. @throws the error of the request, such as `email_taken`. */
export async function register(input: { email: string; password: string; name?: string }): Promise<void> {
  const { user } = await shop.user.register.mutate({ ...input, locale: settings.get().locale })
  await completeLogin(user)
}

/** Logs out in this browser. */
export async function logOut(): Promise<void> {
  await shop.user.logout.mutate()
  localStore.write('signedIn', null)
  session.set(null)
}
