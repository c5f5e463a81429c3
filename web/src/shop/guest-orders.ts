import { shop } from './client.ts'
import { failureOf } from './failure.ts'
import { localStore, readJson } from './storage.ts'
import { createStore } from './store.ts'

/** Orders that this browser can open as a guest. Their access tokens are in cookies that scripts cannot read. */

const storedMax = 20

const stored = (): string[] => {
  const value = readJson(localStore, 'guestOrders')
  return Array.isArray(value) ? value.filter((id) => typeof id === 'string').slice(0, storedMax) : []
}

/** Ids, latest first. */
export const guestOrders = createStore<string[]>(stored())

function store(ids: string[]): void {
  localStore.write('guestOrders', ids.length === 0 ? null : JSON.stringify(ids))
  guestOrders.set(ids)
}

export function addGuestOrder(id: string): void {
  store([id, ...guestOrders.get().filter((other) => other !== id)].slice(0, storedMax))
}

/** Forgets the orders, as after a logout, which clears the cookies too. */
export const forgetGuestOrders = (): void => store([])

/** Adds the orders to the account that is logged in. An order that cannot be added is forgotten. @throws a retryable error */
export async function attachGuestOrders(): Promise<void> {
  for (const id of guestOrders.get()) {
    await shop.order.attach.mutate({ id }).catch((error: unknown) => {
      if (failureOf(error).isRetryable) throw error
    })
    store(guestOrders.get().filter((other) => other !== id))
  }
}
