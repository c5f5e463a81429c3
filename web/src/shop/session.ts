import { settings } from '../text/settings.ts'
import { claimCart } from './cart.ts'
import { shop } from './client.ts'
import { failureOf } from './failure.ts'
import { lasting } from './storage.ts'
import { createStore } from './store.ts'
import type { User } from './types.ts'

/** Who is logged in; undefined until it is known. */
export const session = createStore<User | null | undefined>(lasting.read('signedIn') === null ? null : undefined)

/**
 * Asks who is logged in. The cookie itself is out of reach for scripts, so a note beside it says whether asking is
 * worth a request.
 */
export async function startSession(): Promise<void> {
  if (session.get() === null) return
  try {
    session.set(await shop.user.me.query())
  } catch (error) {
    if (failureOf(error).code === 'unauthenticated') lasting.write('signedIn', null)
    session.set(null)
  }
}

async function enter(user: User): Promise<void> {
  lasting.write('signedIn', 'yes')
  session.set(user)
  // The login holds even where the cart cannot be taken along: it stays a guest's, and can still be bought.
  await claimCart().catch(() => undefined)
}

export async function logIn(input: { email: string; password: string }): Promise<void> {
  const { user } = await shop.user.login.mutate(input)
  await enter(user)
}

export async function register(input: { email: string; password: string; name?: string }): Promise<void> {
  const { user } = await shop.user.register.mutate({ ...input, locale: settings.get().locale })
  await enter(user)
}

export async function logOut(): Promise<void> {
  await shop.user.logout.mutate()
  lasting.write('signedIn', null)
  session.set(null)
}
