import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { startFleet, type Fleet } from '#test'

/** Each call of a batch is treated as if it were sent alone. */

let fleet: Fleet
let url: string
let metricsPort: number
beforeAll(async () => {
  fleet = await startFleet()
  metricsPort = await freePort()
  url = (await fleet.start(['serve'], { DATABASE_POOL: '4', METRICS_PORT: String(metricsPort) })).url()
})
afterAll(() => fleet[Symbol.asyncDispose]())

interface Item {
  result?: { data: unknown }
  error?: { data: { error: string; httpStatus: number } }
}

async function send(path: string, method: 'GET' | 'POST' = 'GET') {
  const post = { method, headers: { 'content-type': 'application/json' }, body: '{}' }
  const response = await fetch(`${url}/trpc/${path}`, method === 'GET' ? {} : post)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function batch(...calls: [path: string, input?: unknown][]): string {
  const inputs = Object.fromEntries(calls.map(([, input], n) => [n, input]))
  return `${calls.map(([path]) => path).join()}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`
}

const alone = (path: string, input: unknown): string => `${path}?input=${encodeURIComponent(JSON.stringify(input))}`
const itemsOf = ({ text }: { text: string }): Item[] => JSON.parse(text) as Item[]
const withoutIds = (text: string): string => text.replaceAll(/"requestId":"[^"]+"/g, '')

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')[1] ?? 0,
  )
}

async function lockProducts() {
  const client = new pg.Client({ connectionString: fleet.databaseUrl })
  await client.connect()
  await client.query('begin; lock table product.product, product.search_document in access exclusive mode')
  return { [Symbol.asyncDispose]: () => client.end() }
}

test('each call gets the bytes that it gets alone, in order, and different results have the status 207', async () => {
  const calls: [string, unknown?][] = [
    ['product.list', { limit: 2 }],
    ['user.me'],
    ['product.get', { slug: 'no-such-thing' }],
    ['product.nothing'],
    ['product.list', { limit: 0 }],
    ['product.search', { q: '无线耳机', locale: 'zh' }],
  ]
  const together = await send(batch(...calls))
  const single = await Promise.all(calls.map(([path, input]) => send(input === undefined ? path : alone(path, input))))
  expect(together.status).toBe(207)
  expect(together.headers.get('content-type')).toBe('application/json')
  expect(together.headers.get('cache-control')).toBe('no-store')
  expect(withoutIds(together.text)).toBe(withoutIds(`[${single.map(({ text }) => text).join(',')}]`))
  expect((await send(batch(['user.me'], ['user.me']))).status).toBe(401)
  expect((await send(batch(['product.categories'], ['product.categories']))).status).toBe(200)
})

test('mutations of a batch run, and a mutation of a GET batch does not', async () => {
  const created = await send('order.cart.create,order.cart.create?batch=1', 'POST')
  expect(itemsOf(created)).toMatchObject([{ result: { data: { lines: [] } } }, { result: { data: { lines: [] } } }])
  const { status, text } = await send(batch(['order.cart.create', {}]))
  expect(status).toBe(405)
  expect(text).toContain('method_not_allowed')
})

test('a public call of a batch is served from the cache, while Postgres cannot answer it', async () => {
  expect((await send(alone('product.list', { limit: 4 }))).status).toBe(200)
  await using _ = await lockProducts()
  const hitsBefore = await metric('holdfast_cache_answers_total{state="hit"}')
  const response = await send(batch(['user.me'], ['product.list', { limit: 4 }]))
  const [me, list] = itemsOf(response)
  expect(me?.error?.data.error).toBe('unauthenticated')
  expect(list?.result?.data).toMatchObject({ items: [{}, {}, {}, {}] })
  expect(await metric('holdfast_cache_answers_total{state="hit"}')).toBe(hitsBefore + 1)
})

test('nine searches behind a checkout call count as nine browse calls: others can still buy', async () => {
  const shedBefore = await metric('holdfast_shed_total{class="browse"')
  await using _ = await lockProducts()
  const smuggled = Array.from({ length: 12 }, (__, round) =>
    send(
      batch(
        ['user.me'],
        ...Array.from({ length: 9 }, (___, n): [string, unknown] => ['product.search', { q: `word${round} and${n}` }]),
      ),
    ),
  )
  const buying = await Promise.all(Array.from({ length: 10 }, () => send('order.cart.create', 'POST')))
  expect(buying.map(({ status }) => status)).toEqual(Array<number>(10).fill(200))
  for (const response of await Promise.all(smuggled)) {
    const [me, ...searches] = itemsOf(response)
    expect(me?.error?.data.error).toBe('unauthenticated')
    expect(searches.map(({ error }) => error?.data.error)).toEqual(Array<string>(9).fill('unavailable'))
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(2)
  }
  // Two of them had the two slots of a pool of four, and failed in Postgres.
  expect(await metric('holdfast_shed_total{class="browse"')).toBeGreaterThanOrEqual(shedBefore + 12 * 9 - 10)
})
