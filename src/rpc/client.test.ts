import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createClient, isRetryable, isShopError, type ErrorData, type ShopError } from './client.ts'

const access = { id: '0199f2a0-0000-7000-8000-000000000001', accessToken: 'a-secret-token' }

interface Seen {
  method: string | undefined
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A server that answers as it is told, and remembers what was asked. */
async function startShop(answer: (response: ServerResponse, seen: Seen[]) => void) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method, url: request.url ?? '', headers: request.headers, body })
      answer(response, seen)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const json = (response: ServerResponse, status: number, body: unknown): unknown =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const refuse = (response: ServerResponse, data: Partial<ErrorData> & { httpStatus: number }): unknown =>
  json(response, data.httpStatus, {
    error: { code: -32_000, message: 'no', data: { issues: [], requestId: null, ...data } },
  })

const stream = (response: ServerResponse, order: object): unknown =>
  response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .write(`event: connected\ndata: {}\n\ndata: ${JSON.stringify(order)}\nid: 1\n\n`)

/** The first thing that watching the order tells: its status, or why not. */
const watched = (url: string): Promise<string | ShopError> =>
  new Promise((resolve) => {
    const watching = createClient({ url }).order.watch.subscribe(access, {
      onData({ data: order }) {
        resolve(order.status)
        watching.unsubscribe()
      },
      onError: (error) => resolve(error as unknown as ShopError),
    })
  })

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error,
  )

test('the access token of an order never stands in an address', async () => {
  await using shop = await startShop((response, { length }) =>
    length === 1 ? json(response, 200, { result: { data: {} } }) : stream(response, { status: 'placed' }),
  )
  await createClient({ url: shop.url }).order.get.query(access)
  await watched(shop.url)
  const [get, watch] = shop.seen
  expect(get).toMatchObject({ method: 'POST', url: '/trpc/order.get', body: JSON.stringify(access) })
  expect(watch).toMatchObject({ method: 'GET', headers: { 'x-order-token': access.accessToken } })
  expect(shop.seen.map(({ url }) => decodeURIComponent(url)).join()).not.toContain(access.accessToken)
})

test('catalog reads are plain GETs, one each, that a cache can answer', async () => {
  await using shop = await startShop((response) => json(response, 200, { result: { data: [] } }))
  const client = createClient({ url: `${shop.url}/` })
  await Promise.all([client.product.categories.query(), client.product.get.query({ slug: 'a' })])
  expect(shop.seen.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`).toSorted()).toEqual([
    'GET /trpc/product.categories',
    'GET /trpc/product.get?input={"slug":"a"}',
  ])
})

test('the session and the language are asked for before each call', async () => {
  await using shop = await startShop((response) => json(response, 200, { result: { data: {} } }))
  const session: { token?: string } = {}
  const client = createClient({ url: shop.url, token: () => session.token, locale: () => 'zh' })
  await client.product.categories.query()
  session.token = 'later'
  await client.user.me.query()
  expect(shop.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer later'])
  expect(shop.seen.map(({ headers }) => headers['accept-language'])).toEqual(['zh', 'zh'])
})

test('what the shop refuses rejects with its code, and says whether to try again', async () => {
  await using shop = await startShop((response, { length }) =>
    length === 1
      ? refuse(response, { httpStatus: 404, error: 'not_found', isRetryable: false })
      : refuse(response, { httpStatus: 504, error: 'outcome_unknown', isRetryable: true }),
  )
  const client = createClient({ url: shop.url })
  const [first, second] = [
    await failureOf(client.order.get.query(access)),
    await failureOf(client.order.get.query(access)),
  ]
  expect([first, second].map((error) => isShopError(error) && error.data?.error)).toEqual([
    'not_found',
    'outcome_unknown',
  ])
  expect([first, second].map(isRetryable)).toEqual([false, true])
})

test('a call without an answer ends at its deadline and may be tried again; one that its caller aborts may not', async () => {
  await using shop = await startShop(() => undefined)
  const late = await failureOf(createClient({ url: shop.url, timeoutMs: 50 }).product.categories.query())
  const aborted = await failureOf(
    createClient({ url: shop.url }).product.categories.query(undefined, { signal: AbortSignal.abort() }),
  )
  expect([late, aborted].map(isShopError)).toEqual([true, true])
  expect([late, aborted].map(isRetryable)).toEqual([true, false])
})

test('a stream that is refused says why', async () => {
  await using shop = await startShop((response) =>
    refuse(response, { httpStatus: 401, error: 'unauthenticated', isRetryable: false }),
  )
  expect(await watched(shop.url)).toMatchObject({ data: { error: 'unauthenticated' } })
  expect(shop.seen).toHaveLength(1)
})

test.each<[string, (response: ServerResponse) => unknown]>([
  ['a shop that is busy', (response) => refuse(response, { httpStatus: 503, error: 'unavailable', isRetryable: true })],
  [
    'a balancer that finds no shop',
    (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  ],
])('a stream outlasts %s', async (_what, fail) => {
  await using shop = await startShop((response, { length }) =>
    length === 1 ? fail(response) : stream(response, { status: 'paid' }),
  )
  expect(await watched(shop.url)).toBe('paid')
})
