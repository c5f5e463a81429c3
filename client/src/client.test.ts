import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createClient, isRetryable, isShopError, type ErrorData, type ShopError } from './client.ts'

const access = { id: '0199f2a0-0000-7000-8000-000000000001', accessToken: 'a-secret-token' }

interface RecordedRequest {
  method: string | undefined
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A server that responds through `respond` and records its requests. */
async function startShop(respond: (response: ServerResponse, requests: RecordedRequest[]) => void) {
  const requests: RecordedRequest[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ method: request.method, url: request.url ?? '', headers: request.headers, body })
      respond(response, requests)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const json = (response: ServerResponse, status: number, body: unknown): unknown =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const errorResponse = (response: ServerResponse, data: Partial<ErrorData> & { httpStatus: number }): unknown =>
  json(response, data.httpStatus, {
    error: { code: -32_000, message: 'no', data: { issues: [], requestId: null, ...data } },
  })

const stream = (response: ServerResponse, order: object): unknown =>
  response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .write(`event: connected\ndata: {}\n\ndata: ${JSON.stringify(order)}\nid: 1\n\n`)

/** The first event of a subscription to the order: its status, or the error. */
const firstWatched = (url: string): Promise<string | ShopError> =>
  new Promise((resolve) => {
    const subscription = createClient({ url }).order.watch.subscribe(access, {
      onData({ data: order }) {
        resolve(order.status)
        subscription.unsubscribe()
      },
      onError: (error) => resolve(error as unknown as ShopError),
    })
  })

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error,
  )

test('the access token of an order is never in a URL', async () => {
  await using shop = await startShop((response, { length }) =>
    length === 1 ? json(response, 200, { result: { data: {} } }) : stream(response, { status: 'placed' }),
  )
  await createClient({ url: shop.url }).order.get.query(access)
  await firstWatched(shop.url)
  const [get, watch] = shop.requests
  expect(get).toMatchObject({ method: 'POST', url: '/trpc/order.get', body: JSON.stringify(access) })
  expect(watch).toMatchObject({ method: 'GET', headers: { 'x-order-token': access.accessToken } })
  expect(shop.requests.map(({ url }) => decodeURIComponent(url)).join()).not.toContain(access.accessToken)
})

test('each catalog read is a plain GET of its own, which a cache can serve', async () => {
  await using shop = await startShop((response) => json(response, 200, { result: { data: [] } }))
  const client = createClient({ url: `${shop.url}/` })
  await Promise.all([client.product.categories.query(), client.product.get.query({ slug: 'a' })])
  expect(shop.requests.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`).toSorted()).toEqual([
    'GET /trpc/product.categories',
    'GET /trpc/product.get?input={"slug":"a"}',
  ])
})

test('the session token and the language are read before each call', async () => {
  await using shop = await startShop((response) => json(response, 200, { result: { data: {} } }))
  const session: { token?: string } = {}
  const client = createClient({ url: shop.url, token: () => session.token, locale: () => 'zh' })
  await client.product.categories.query()
  session.token = 'later'
  await client.user.me.query()
  expect(shop.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer later'])
  expect(shop.requests.map(({ headers }) => headers['accept-language'])).toEqual(['zh', 'zh'])
})

test('an error response rejects the call with its code and whether it is retryable', async () => {
  await using shop = await startShop((response, { length }) =>
    length === 1
      ? errorResponse(response, { httpStatus: 404, error: 'not_found', isRetryable: false })
      : errorResponse(response, { httpStatus: 504, error: 'outcome_unknown', isRetryable: true }),
  )
  const client = createClient({ url: shop.url })
  const [first, second] = [await errorOf(client.order.get.query(access)), await errorOf(client.order.get.query(access))]
  expect([first, second].map((error) => isShopError(error) && error.data?.error)).toEqual([
    'not_found',
    'outcome_unknown',
  ])
  expect([first, second].map(isRetryable)).toEqual([false, true])
})

test('a call past its deadline is retryable; a call aborted by its caller is not', async () => {
  await using shop = await startShop(() => undefined)
  const timedOut = await errorOf(createClient({ url: shop.url, timeoutMs: 50 }).product.categories.query())
  const aborted = await errorOf(
    createClient({ url: shop.url }).product.categories.query(undefined, { signal: AbortSignal.abort() }),
  )
  expect([timedOut, aborted].map(isShopError)).toEqual([true, true])
  expect([timedOut, aborted].map(isRetryable)).toEqual([true, false])
})

test('a rejected subscription ends with the error of the shop', async () => {
  await using shop = await startShop((response) =>
    errorResponse(response, { httpStatus: 401, error: 'unauthenticated', isRetryable: false }),
  )
  expect(await firstWatched(shop.url)).toMatchObject({ data: { error: 'unauthenticated' } })
  expect(shop.requests).toHaveLength(1)
})

test.each<[string, (response: ServerResponse) => unknown]>([
  ['a busy shop', (response) => errorResponse(response, { httpStatus: 503, error: 'unavailable', isRetryable: true })],
  [
    'a balancer without a server',
    (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  ],
])('a subscription survives %s', async (_name, fail) => {
  await using shop = await startShop((response, { length }) =>
    length === 1 ? fail(response) : stream(response, { status: 'paid' }),
  )
  expect(await firstWatched(shop.url)).toBe('paid')
})
