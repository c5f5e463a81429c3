import { navigate } from '../route/router.ts'
import { settings } from '../text/settings.ts'
import { cartStatus, loadCart, showNoCart } from './cart.ts'
import { shop } from './client.ts'
import { forgetGuestOrders } from './guest-orders.ts'
import { forgetLinkTokens } from './link-token.ts'
import { clearQueries } from './query-cache.ts'
import { session, setUser, startSession, visit } from './session.ts'
import { localStore, tabStore } from './storage.ts'
import type { User } from './types.ts'

/** Login and logout in this browser, with what follows them: the cart, and the data that is no longer to be seen. */

async function completeLogin(user: User): Promise<void> {
  clearQueries()
  setUser(user)
  // Claims the guest's cart. If that fails, the login succeeds all the same, and the cart stays a guest's.
  await loadCart()
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

/** The latest logout in this browser that this tab has followed. The end of a session is none: the buyer goes on. */
let knownLogout = localStore.read('logout')

/** Logs out in this browser, and shows the start page. @throws the error of the request: the session then remains. */
export async function logOut(): Promise<void> {
  await shop.user.logout.mutate()
  knownLogout = new Date().toISOString()
  localStore.write('logout', knownLogout)
  localStore.write('cart', null)
  localStore.write('cartOwner', null)
  localStore.write('copiedCart', null)
  setUser(null)
  forgetVisit()
  navigate('/')
}

/** Forgets everything personal in this tab: responses, typed fields, attempts, the cart shown. */
function forgetVisit(): void {
  clearQueries()
  tabStore.clear()
  forgetGuestOrders()
  forgetLinkTokens()
  showNoCart()
  session.set(null)
  visit.set(visit.get() + 1)
}

/** Loads the user, then the cart: an account has its cart on every device. */
export async function startAccount(): Promise<void> {
  await startSession()
  await loadCart()
}

/** Follows logins and logouts of other tabs, and of the time for which the browser had frozen this page. */
export function syncAccountAcrossTabs(): void {
  const follow = (): void => {
    const [shown, stored] = [session.get(), localStore.read('signedIn')]
    const logout = localStore.read('logout')
    const isOtherBuyer = logout !== knownLogout || (shown && stored !== null && stored !== shown.id)
    knownLogout = logout
    if (isOtherBuyer) forgetVisit()
    if (isOtherBuyer || (shown !== undefined && (shown?.id ?? null) !== stored)) void startAccount()
  }
  addEventListener('storage', ({ key }) => {
    if (key === 'holdfast.logout' || key === 'holdfast.signedIn') follow()
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    follow()
    if (cartStatus.get().cart !== null) void loadCart()
  })
}
