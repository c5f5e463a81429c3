import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { createBuyer, startFleet, waitFor, type Fleet } from '#test'

/** Public responses from the cache are the same as without it, are the same for everyone, and never replace a personal one. */

let fleet: Fleet
let url: string
let uncached: string
let slug: string
let metricsPort: number
beforeAll(async () => {
  fleet = await startFleet()
  metricsPort = await freePort()
  const [cached, plain] = await Promise.all([
    fleet.start(['serve'], { METRICS_PORT: `${metricsPort}` }),
    fleet.start(['serve'], { CACHE_MAX_BYTES: '0' }),
  ])
  url = cached.url()
  uncached = plain.url()
  const [row] = await fleet.query<{ slug: string }>(
    `select slug from product.product where status = 'active' order by slug limit 1`,
  )
  slug = row?.slug ?? ''
})
afterAll(() => fleet[Symbol.asyncDispose]())

const pathOf = (path: string, input?: string): string =>
  `/trpc/${path}${input === undefined ? '' : `?input=${encodeURIComponent(input)}`}`

async function get(shop: string, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${shop}${path}`, { headers })
  return { status: response.status, body: await response.text(), headers: Object.fromEntries(response.headers) }
}

/** A response without the parts that may differ from response to response. */
const comparable = ({ status, body, headers }: Awaited<ReturnType<typeof get>>) => {
  const variableHeaders = new Set(['date', 'x-request-id', 'etag', 'age', 'cache-status', 'cache-control'])
  const rest = Object.entries(headers).filter(([name]) => !variableHeaders.has(name))
  return { status, body: body.replaceAll(/"requestId":"[^"]+"/g, ''), headers: Object.fromEntries(rest) }
}

test.each([
  ['a product', () => pathOf('product.get', JSON.stringify({ slug }))],
  ['a page of a list', () => pathOf('product.list', '{"limit":3,"sort":"price_asc"}')],
  ['hits in Chinese', () => pathOf('product.search', '{"q":"无线耳机","locale":"zh"}')],
  ['suggestions', () => pathOf('product.suggest', '{"q":"ket"}')],
  ['the categories', () => pathOf('product.categories')],
  ['a rejection', () => pathOf('product.get', '{"slug":"no-such-thing"}')],
  ['input that is not valid', () => pathOf('product.list', '{"limit":0}')],
  ['input that is not JSON', () => pathOf('product.list', '{"limit":')],
])('the response to %s is the same as without the cache, on each repetition', async (_, path) => {
  const expected = comparable(await get(uncached, path()))
  for (let repetition = 0; repetition < 4; repetition += 1) expect(comparable(await get(url, path()))).toEqual(expected)
})

test('inputs of one meaning share one cache entry and one call, however they are written', async () => {
  const inputs = ['{"limit":9,"sort":"title"}', '{ "sort": "title", "limit": 9 }', '{"sort":"title","limit":9.0}']
  const calls = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(/holdfast_rpc_seconds_count\{procedure="product.list",outcome="ok"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  const before = await calls()
  const responses = await Promise.all(inputs.map((input) => get(url, pathOf('product.list', input))))
  expect(new Set(responses.map(({ headers }) => headers['etag'])).size).toBe(1)
  expect((await calls()) - before).toBe(1)
})

test('a known ETag gets 304, and browsers and CDNs may cache the response', async () => {
  const path = pathOf('product.get', JSON.stringify({ slug }))
  const { headers } = await get(url, path)
  expect(headers['cache-control']).toMatch(/^public, max-age=\d, stale-while-revalidate=\d, stale-if-error=86400$/)
  for (const known of [headers['etag'] ?? '', `"other", W/${headers['etag']}`, '*'])
    expect(await get(url, path, { 'if-none-match': known })).toMatchObject({ status: 304, body: '' })
  expect((await get(url, path, { 'if-none-match': '"other"' })).status).toBe(200)
})

test('a public response is the same with a session; personal responses and errors are never cached', async () => {
  const { token } = await createBuyer(url).client.user.login.mutate({
    email: 'staff@example.com',
    password: 'demo-staff',
  })
  const path = pathOf('product.list', '{"limit":4}')
  const [guest, bearer, cookie] = [
    await get(url, path),
    await get(url, path, { authorization: `Bearer ${token}` }),
    await get(url, path, { cookie: `hf_session=${token}` }),
  ]
  expect(comparable(bearer)).toEqual(comparable(guest))
  expect(comparable(cookie)).toEqual(comparable(guest))
  expect(cookie.headers).not.toHaveProperty('set-cookie')
  for (const uncacheable of [
    await get(url, pathOf('user.me'), { authorization: `Bearer ${token}` }),
    await get(url, pathOf('user.me')),
    await get(url, pathOf('product.get', '{"slug":"no-such-thing"}')),
  ]) {
    expect(uncacheable.headers['cache-control']).toBe('no-store')
    expect(uncacheable.headers).not.toHaveProperty('etag')
  }
})

test('each origin gets its own CORS headers from the cache', async () => {
  const server = await fleet.start(['serve'], { CORS_ORIGINS: 'https://shop.example' })
  const path = pathOf('product.categories')
  for (const origin of [undefined, 'https://shop.example', 'https://evil.example', undefined, 'https://shop.example']) {
    const { headers } = await get(server.url(), path, origin === undefined ? {} : { origin })
    expect(headers['access-control-allow-origin']).toBe(origin === 'https://shop.example' ? origin : undefined)
    expect(headers['vary']).toContain('origin')
  }
})

test('a stock correction by staff is visible on every server within seconds', async () => {
  const second = await fleet.start(['serve'])
  const { token } = await createBuyer(url).client.user.login.mutate({
    email: 'staff@example.com',
    password: 'demo-staff',
  })
  const path = pathOf('product.get', JSON.stringify({ slug }))
  const available = async (shop: string) => {
    const { result } = JSON.parse((await get(shop, path)).body) as {
      result: { data: { variants: { sku: string; available: number }[] } }
    }
    return result.data.variants[0] ?? { sku: '', available: 0 }
  }
  const before = await available(second.url())
  const response = await fetch(`${url}/trpc/product.admin.adjustStock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ sku: before.sku, delta: 7, reason: 'a delivery' }),
  })
  expect(response.status).toBe(200)
  for (const shop of [url, second.url()])
    await waitFor(async () => (await available(shop)).available === before.available + 7, {
      what: 'the delivery to be visible',
    })
})

describe('when Postgres is overloaded', () => {
  test('browse traffic is rejected, checkout traffic and health checks are not', async () => {
    const port = await freePort()
    const server = await fleet.start(['serve'], { DATABASE_POOL: '4', METRICS_PORT: `${port}` })
    const cachedPath = pathOf('product.list', '{"limit":2}')
    expect((await get(server.url(), cachedPath)).status).toBe(200)
    await using locked = await lockProducts()
    const browsing = Array.from({ length: 60 }, (_, n) =>
      get(server.url(), pathOf('product.list', `{"limit":${n + 3}}`)),
    )
    const checkingOut = Array.from({ length: 20 }, async () => {
      const response = await fetch(`${server.url()}/trpc/order.cart.create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      return response.status
    })
    // Products stay locked until below.
    expect(new Set(await Promise.all(checkingOut))).toEqual(new Set([200]))
    expect((await fetch(`${server.url()}/livez`)).status).toBe(200)
    expect((await get(server.url(), cachedPath)).status).toBe(200)
    const rejected = await Promise.all(browsing)
    expect(new Set(rejected.map(({ status }) => status))).toEqual(new Set([503]))
    expect(rejected.every(({ headers }) => Number(headers['retry-after']) >= 2)).toBe(true)
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    expect(metrics).toMatch(/holdfast_shed_total\{class="browse",reason="browse_slots"\} [1-9]/)
    expect(metrics).not.toMatch(/holdfast_shed_total\{class="checkout"/)
    await locked.release()
    await waitFor(async () => (await get(server.url(), pathOf('product.list', '{"limit":70}'))).status === 200, {
      what: 'the catalog to be served again',
    })
  })
})

/** Blocks all reads of products until it is released. */
async function lockProducts() {
  const client = new pg.Client({ connectionString: fleet.databaseUrl })
  await client.connect()
  await client.query('begin; lock table product.product in access exclusive mode')
  const release = async () => void (await client.query('rollback'))
  return { release, [Symbol.asyncDispose]: () => client.end() }
}
