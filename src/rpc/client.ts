import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  type TRPCLink,
} from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { EventSource } from 'eventsource'
import type { AppRouter } from '#app'

/** What each procedure takes, such as `Inputs['order']['place']`. */
export type Inputs = inferRouterInputs<AppRouter>
/** What each procedure answers. */
export type Outputs = inferRouterOutputs<AppRouter>
export type Client = TRPCClient<AppRouter>
export type { AppRouter }

export interface ClientOptions {
  /** Address of the shop, such as `https://shop.example.com`; in a browser '' means the page's own. */
  url: string
  /** Session token that register or login returned; browsers send their cookie instead. Asked before each call. */
  token?: () => string | undefined
  /** Language of texts such as error messages. */
  locale?: () => string | undefined
  /** Longest wait for one call, ms; 15,000 unless given. Subscriptions last as long as they are listened to. */
  timeoutMs?: number
}

/**
 * A typed client of a Holdfast shop, for browsers and servers alike.
 * Calls reject with TRPCClientError, whose `data` is `{ error, httpStatus, isRetryable, issues, requestId }`.
 */
export function createClient(options: ClientOptions): Client {
  const url = `${options.url.replace(/\/$/, '')}/trpc`
  const headers = (): Record<string, string> => {
    const token = options.token?.()
    const locale = options.locale?.()
    return {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(locale === undefined ? {} : { 'accept-language': locale }),
    }
  }
  const fetchWithin: typeof fetch = (input, init) => {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? 15_000)
    return fetch(input, {
      ...init,
      credentials: 'include',
      signal: init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline,
    })
  }
  const common = { url, headers, fetch: fetchWithin as never }
  return createTRPCClient<AppRouter>({
    links: [
      secretsOutOfAddresses,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: ({ op }) => ({
            fetch: (address: string | URL, init: RequestInit) =>
              fetch(address, {
                ...init,
                credentials: 'include',
                headers: { ...(init.headers as Record<string, string>), ...headers(), ...orderTokenOf(op.context) },
              }),
          }),
        }),
        false: splitLink({
          condition: ({ type, input }) => type === 'mutation' || holdsSecret(input),
          // One request each: an order is not to wait for its neighbours in a batch.
          true: httpLink({ ...common, methodOverride: 'POST' }),
          false: httpBatchLink({ ...common, maxItems: 10 }),
        }),
      }),
    ],
  })
}

const holdsSecret = (input: unknown): input is { accessToken: string } =>
  typeof input === 'object' && input !== null && 'accessToken' in input

const orderTokenOf = (context: Record<string, unknown>): Record<string, string> =>
  typeof context['orderToken'] === 'string' ? { 'x-order-token': context['orderToken'] } : {}

/** A subscription is a GET: what is secret in its input travels as a header. */
const secretsOutOfAddresses: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    if (op.type !== 'subscription' || !holdsSecret(op.input)) return next(op)
    const { accessToken, ...input } = op.input
    return next({ ...op, input, context: { ...op.context, orderToken: accessToken } })
  }
