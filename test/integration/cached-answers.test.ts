import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buyer, startFleet, waitFor, type Fleet } from '#test'

/** Public answers come from the cache: the same as without it, for everybody, and never instead of what is personal. */

let fleet: Fleet
let url: string
let uncached: string
let slug: string
beforeAll(async () => {
  fleet = await startFleet()
  const [cached, plain] = await Promise.all([
    fleet.start(['serve'], { METRICS_PORT: '29421' }),
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

const address = (path: string, input?: string): string =>
  `/trpc/${path}${input === undefined ? '' : `?input=${encodeURIComponent(input)}`}`

async function answerOf(shop: string, path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${shop}${path}`, { headers })
  return { status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers) }
}

/** What may differ from answer to answer. */
const common = ({ status, body, headers }: Awaited<ReturnType<typeof answerOf>>) => {
  const own = new Set(['date', 'x-request-id', 'etag', 'age', 'cache-status', 'cache-control'])
  const rest = Object.entries(headers).filter(([name]) => !own.has(name))
  return { status, body: body.replaceAll(/"requestId":"[^"]+"/g, ''), headers: Object.fromEntries(rest) }
}

test.each([
  ['a product', () => address('product.get', JSON.stringify({ slug }))],
  ['a page of a list', () => address('product.list', '{"limit":3,"sort":"price_asc"}')],
  ['hits in Chinese', () => address('product.search', '{"q":"无线耳机","locale":"zh"}')],
  ['suggestions', () => address('product.suggest', '{"q":"ket"}')],
  ['the categories', () => address('product.categories')],
  ['a refusal', () => address('product.get', '{"slug":"no-such-thing"}')],
  ['input that is not valid', () => address('product.list', '{"limit":0}')],
  ['input that is not JSON', () => address('product.list', '{"limit":')],
])('%s is answered as without the cache: made, kept, and asked for again and again', async (_, path) => {
  const expected = common(await answerOf(uncached, path()))
  for (let time = 0; time < 4; time += 1) expect(common(await answerOf(url, path()))).toEqual(expected)
})

test('however a question is written, what is meant is asked of Postgres once', async () => {
  const writings = ['{"limit":9,"sort":"title"}', '{ "sort": "title", "limit": 9 }', '{"sort":"title","limit":9.0}']
  const calls = async () => {
    const text = await (await fetch('http://127.0.0.1:29421/metrics')).text()
    return Number(/holdfast_rpc_seconds_count\{procedure="product.list",outcome="ok"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  const before = await calls()
  const answers = await Promise.all(writings.map((input) => answerOf(url, address('product.list', input))))
  expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(1)
  expect((await calls()) - before).toBe(1)
})

test('whoever has the answer already is told so, by browsers and CDNs', async () => {
  const path = address('product.get', JSON.stringify({ slug }))
  const { headers } = await answerOf(url, path)
  expect(headers['cache-control']).toMatch(/^public, max-age=\d, stale-while-revalidate=\d, stale-if-error=86400$/)
  for (const known of [headers['etag'] ?? '', `"other", W/${headers['etag']}`, '*'])
    expect(await answerOf(url, path, { 'if-none-match': known })).toMatchObject({ status: 304, body: '' })
  expect((await answerOf(url, path, { 'if-none-match': '"other"' })).status).toBe(200)
})

test('everybody gets the same, and what is personal or went wrong is kept by nobody', async () => {
  const { token } = await buyer(url).client.user.login.mutate({ email: 'staff@example.com', password: 'demo-staff' })
  const path = address('product.list', '{"limit":4}')
  const [stranger, known, cookie] = [
    await answerOf(url, path),
    await answerOf(url, path, { authorization: `Bearer ${token}` }),
    await answerOf(url, path, { cookie: `hf_session=${token}` }),
  ]
  expect(common(known)).toEqual(common(stranger))
  expect(common(cookie)).toEqual(common(stranger))
  expect(cookie.headers).not.toHaveProperty('set-cookie')
  for (const personal of [
    await answerOf(url, address('user.me'), { authorization: `Bearer ${token}` }),
    await answerOf(url, address('user.me')),
    await answerOf(url, address('product.get', '{"slug":"no-such-thing"}')),
  ]) {
    expect(personal.headers['cache-control']).toBe('no-store')
    expect(personal.headers).not.toHaveProperty('etag')
  }
})

test('each origin gets its own headers', async () => {
  const server = await fleet.start(['serve'], { CORS_ORIGINS: 'https://shop.example' })
  const path = address('product.categories')
  for (const origin of [undefined, 'https://shop.example', 'https://evil.example', undefined, 'https://shop.example']) {
    const { headers } = await answerOf(server.url(), path, origin === undefined ? {} : { origin })
    expect(headers['access-control-allow-origin']).toBe(origin === 'https://shop.example' ? origin : undefined)
    expect(headers['vary']).toContain('origin')
  }
})

test('what staff changes is seen on every server within seconds', async () => {
  const second = await fleet.start(['serve'])
  const { token } = await buyer(url).client.user.login.mutate({ email: 'staff@example.com', password: 'demo-staff' })
  const path = address('product.get', JSON.stringify({ slug }))
  const available = async (shop: string) => {
    const { result } = JSON.parse((await answerOf(shop, path)).body) as {
      result: { data: { variants: { sku: string; available: number }[] } }
    }
    return result.data.variants[0] ?? { sku: '', available: 0 }
  }
  const before = await available(second.url())
  const answer = await fetch(`${url}/trpc/product.admin.adjustStock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ sku: before.sku, delta: 7, reason: 'a delivery' }),
  })
  expect(answer.status).toBe(200)
  for (const shop of [url, second.url()])
    await waitFor(async () => (await available(shop)).available === before.available + 7, {
      timeoutMs: 5_000,
      what: 'the delivery to be seen',
    })
})

describe('when Postgres is short', () => {
  test('who only looks is refused before who buys, and health is not', async () => {
    const server = await fleet.start(['serve'], { DATABASE_POOL: '4', METRICS_PORT: '29422' })
    const seen = address('product.list', '{"limit":2}')
    expect((await answerOf(server.url(), seen)).status).toBe(200)
    await using locked = await lockProducts()
    const looking = Array.from({ length: 60 }, (_, n) =>
      answerOf(server.url(), address('product.list', `{"limit":${n + 3}}`)),
    )
    const buying = Array.from({ length: 20 }, async () => {
      const startedAt = performance.now()
      const answer = await fetch(`${server.url()}/trpc/order.cart.create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      return { status: answer.status, ms: performance.now() - startedAt }
    })
    for (const { status, ms } of await Promise.all(buying)) {
      expect(status).toBe(200)
      expect(ms).toBeLessThan(3_000)
    }
    expect((await fetch(`${server.url()}/livez`)).status).toBe(200)
    expect((await answerOf(server.url(), seen)).status).toBe(200)
    const refused = await Promise.all(looking)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
    expect(refused.every(({ headers }) => Number(headers['retry-after']) >= 2)).toBe(true)
    const metrics = await (await fetch('http://127.0.0.1:29422/metrics')).text()
    expect(metrics).toMatch(/holdfast_shed_total\{class="browse",reason="places"\} [1-9]/)
    expect(metrics).not.toMatch(/holdfast_shed_total\{class="buy"/)
    await locked.release()
    await waitFor(async () => (await answerOf(server.url(), address('product.list', '{"limit":70}'))).status === 200, {
      what: 'the catalog to be answered again',
    })
  })
})

/** Nobody can read products until it is released. */
async function lockProducts() {
  const client = new pg.Client({ connectionString: fleet.databaseUrl })
  await client.connect()
  await client.query('begin; lock table product.product in access exclusive mode')
  const release = async () => void (await client.query('rollback'))
  return { release, [Symbol.asyncDispose]: () => client.end() }
}
