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

/** The input of each procedure, such as `Inputs['order']['place']`. */
export type Inputs = inferRouterInputs<Api>
/** The output of each procedure, such as `Outputs['order']['get']`. */
export type Outputs = inferRouterOutputs<Api>
export type Client = TRPCClient<Api>
export type { Api as AppRouter, ErrorData } from './api.ts'
export type { ErrorCode } from '../../src/errors.ts'

export interface ClientOptions {
  /** Address of the shop, such as `https://shop.example.com`; in a browser '' means the origin of the page. */
  url: string
  /** Session token that register or login returned; browsers send their cookie instead. Called before each request. */
  token?: () => string | undefined
  /** Language of texts such as error messages. Called before each request. */
  locale?: () => string | undefined
  /** Deadline of one request, ms. Default: 15,000. Subscriptions have none. */
  timeoutMs?: number
}

/**
 * The error that calls reject with. `data` is the shop's response. It is missing where none arrived (a broken
 * connection, a deadline): then the outcome of a mutation is unknown.
 */
export type ShopError = TRPCClientError<Api>

export const isShopError = (error: unknown): error is ShopError => isTRPCClientError<Api>(error)

/** Whether the same call can succeed later. With its idempotency key, where it has one, it takes effect once. */
export function isRetryable(error: unknown): boolean {
  if (!isShopError(error)) return false
  return error.data?.isRetryable ?? error.cause?.name !== 'AbortError'
}

/**
 * A typed client of a Holdfast shop, for browsers and servers. Calls reject with {@link ShopError}. Requests are not
 * batched: caches can serve catalog reads, and no call waits for another.
 */
export function createClient({ url: shopUrl, token, locale, timeoutMs = 15_000 }: ClientOptions): Client {
  const url = `${shopUrl.replace(/\/+$/, '')}/trpc`
  const headers = (): Record<string, string> => {
    const bearer = token?.()
    const language = locale?.()
    return {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(language !== undefined && { 'accept-language': language }),
    }
  }
  const http = {
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
      accessTokenAsHeader,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: ({ op }) => ({
            fetch: async (address, init) => {
              const requestHeaders = { ...init.headers, ...headers(), ...orderTokenHeader(op.context) }
              return errorAsEvent(await fetch(address, { ...init, credentials: 'include', headers: requestHeaders }))
            },
          }),
        }),
        false: splitLink({
          condition: ({ input }) => hasAccessToken(input),
          true: httpLink({ ...http, methodOverride: 'POST' }),
          false: httpLink(http),
        }),
      }),
    ],
  })
}

/** A subscription is a GET: the access token in its input travels as a header, so that it is in no URL. */
const accessTokenAsHeader: TRPCLink<Api> =
  () =>
  ({ op, next }) => {
    if (op.type !== 'subscription' || !hasAccessToken(op.input)) return next(op)
    const { accessToken, ...input } = op.input
    return next({ ...op, input, context: { ...op.context, orderToken: accessToken } })
  }

const hasAccessToken = (input: unknown): input is { accessToken?: string } =>
  typeof input === 'object' && input !== null && 'accessToken' in input

const orderTokenHeader = ({ orderToken }: Record<string, unknown>): Record<string, string> =>
  typeof orderToken === 'string' ? { 'x-order-token': orderToken } : {}

/**
 * EventSource ends a stream at every status other than 200, without reading the body. A retryable error is thrown as a
 * broken connection, after which EventSource reconnects. Any other error becomes the event that ends a tRPC stream.
 */
async function errorAsEvent(response: Response): Promise<Response> {
  if (response.ok) return response
  const body = response.json() as Promise<{ error?: { data?: Partial<ErrorData> } } | null>
  const error = await body.then((parsed) => parsed?.error).catch(() => undefined)
  if (error?.data?.isRetryable ?? response.status >= 500)
    throw new Error(`The shop responded with status ${response.status}.`)
  if (error === undefined) return response
  const event = `event: serialized-error\ndata: ${JSON.stringify(error)}\n\n`
  return new Response(event, { headers: { 'content-type': 'text/event-stream' } })
}
