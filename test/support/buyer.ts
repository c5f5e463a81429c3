import { randomUUID } from 'node:crypto'
import { TRPCClientError } from '@trpc/client'
import { createClient, type Client, type Inputs, type Outputs } from '#client'

/** A buyer with the typed client that retries as documented: a failed or unknown call is repeated with the same key. */
export interface Buyer {
  readonly client: Client
  /** A new cart with these lines. */
  createCart(lines: { sku: string; quantity: number }[]): Promise<string>
  place(cartId: string, changes?: Partial<Inputs['order']['place']>): Promise<Outputs['order']['place']>
}

export const homeAddress = {
  name: 'Ada Byron',
  line1: '12 Analytical Street',
  city: 'London',
  postalCode: 'W1G 0AA',
  country: 'GB',
}

/** A request that places this cart for a guest in London, with a card that pays and a key of its own. */
export const placeRequest = (cartId: string): Inputs['order']['place'] => ({
  cartId,
  idempotencyKey: randomUUID(),
  email: 'ada@example.com',
  shippingAddress: homeAddress,
  shippingOptionId: 'standard',
  payment: { methodId: 'card', token: 'pm_card_visa' },
})

/** @param urls servers of the shop; the next is tried when one does not answer */
export function createBuyer(...urls: string[]): Buyer {
  const clients = urls.map((url) => createClient({ url }))
  const [first] = clients
  if (first === undefined) throw new Error('a buyer needs a server')

  const ask = <T>(work: (client: Client) => Promise<T>): Promise<T> =>
    withRetries((attempt) => work(clients[attempt % clients.length] ?? first))

  return {
    client: first,
    createCart: (lines) =>
      ask(async (client) => (await client.order.cart.create.mutate({ currency: 'USD', lines })).id),
    place(cartId, changes = {}) {
      const request = { ...placeRequest(cartId), ...changes }
      return ask((client) => client.order.place.mutate(request))
    },
  }
}

/** Repeats a call up to 30 times while its error is retryable. */
export async function withRetries<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= 30 || !isWorthRetrying(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 50 * Math.random() * (attempt + 1)))
    }
  }
}

/** A broken connection, or an error that reports one. */
const isWorthRetrying = (error: unknown): boolean =>
  error instanceof TRPCClientError &&
  (error.data === undefined || error.data === null || (error.data as { isRetryable?: boolean }).isRetryable === true)
