import {
  createTRPCClient,
  httpLink,
  httpSubscriptionLink,
  isTRPCClientError,
  splitLink,
  type TRPCClient,
  type TRPCClientError,
  type TRPCLink,
} from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { EventSource } from 'eventsource'
import type { Api, ErrorData } from './api.ts'

/** What each procedure takes, such as `Inputs['order']['place']`. */
export type Inputs = inferRouterInputs<Api>
/** What each procedure answers. */
export type Outputs = inferRouterOutputs<Api>
export type Client = TRPCClient<Api>
export type { Api as AppRouter, ErrorData } from './api.ts'
export type { ErrorCode } from '#errors'

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
 * What calls reject with. `data` is what the shop says; it is missing where no answer of the shop arrived (a broken
 * connection, a deadline): then nobody knows whether a mutation took effect.
 */
export type ShopError = TRPCClientError<Api>

export const isShopError = (error: unknown): error is ShopError => isTRPCClientError<Api>(error)

/** Whether the same call may succeed later: with the same idempotency key, where it has one, it takes effect once. */
export function isRetryable(error: unknown): boolean {
  if (!isShopError(error)) return false
  return error.data?.isRetryable ?? error.cause?.name !== 'AbortError'
}

/**
 * A typed client of a Holdfast shop, for browsers and servers alike. Calls reject with ShopError. One request a call,
 * so that caches may answer catalog reads and nothing waits for its neighbours.
 */
export function createClient({ url: shop, token, locale, timeoutMs = 15_000 }: ClientOptions): Client {
  const url = `${shop.replace(/\/+$/, '')}/trpc`
  const headers = (): Record<string, string> => {
    const bearer = token?.()
    const language = locale?.()
    return {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(language !== undefined && { 'accept-language': language }),
    }
  }
  const call = {
    url,
    headers,
    fetch: (address: Parameters<typeof fetch>[0], init?: { signal?: AbortSignal | null | undefined }) => {
      const deadline = AbortSignal.timeout(timeoutMs)
      const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline
      return fetch(address, { ...init, credentials: 'include', signal })
    },
  }
  return createTRPCClient<Api>({
    links: [
      secretsOutOfAddresses,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: ({ op }) => ({
            fetch: async (address, init) => {
              const sent = { ...init.headers, ...headers(), ...orderTokenOf(op.context) }
              return refusalAsEvent(await fetch(address, { ...init, credentials: 'include', headers: sent }))
            },
          }),
        }),
        false: splitLink({
          condition: ({ input }) => holdsSecret(input),
          true: httpLink({ ...call, methodOverride: 'POST' }),
          false: httpLink(call),
        }),
      }),
    ],
  })
}

/** A subscription is a GET: what is secret in its input travels as a header. */
const secretsOutOfAddresses: TRPCLink<Api> =
  () =>
  ({ op, next }) => {
    if (op.type !== 'subscription' || !holdsSecret(op.input)) return next(op)
    const { accessToken, ...input } = op.input
    return next({ ...op, input, context: { ...op.context, orderToken: accessToken } })
  }

const holdsSecret = (input: unknown): input is { accessToken?: string } =>
  typeof input === 'object' && input !== null && 'accessToken' in input

const orderTokenOf = ({ orderToken }: Record<string, unknown>): Record<string, string> =>
  typeof orderToken === 'string' ? { 'x-order-token': orderToken } : {}

/**
 * EventSource gives up at every status but 200, without reading why. A passing trouble counts as a broken connection
 * here, which it mends by itself; a refusal becomes the event by which the shop ends a stream with an error.
 */
async function refusalAsEvent(response: Response): Promise<Response> {
  if (response.ok) return response
  const answer = response.json() as Promise<{ error?: { data?: Partial<ErrorData> } } | null>
  const error = await answer.then((body) => body?.error).catch(() => undefined)
  if (error?.data?.isRetryable ?? response.status >= 500) throw new Error(`The shop answered ${response.status}.`)
  if (error === undefined) return response
  const event = `event: serialized-error\ndata: ${JSON.stringify(error)}\n\n`
  return new Response(event, { headers: { 'content-type': 'text/event-stream' } })
}
