import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createBuyer,
  listProcesses,
  placeRequest,
  runProgram,
  startFleet,
  startProxy,
  startRedis,
  waitFor,
  type Fleet,
  type Program,
  type Proxy,
} from '#test'
import { freePort } from '#lib/free-port'

/** The shop while one of its dependencies is down, and its recovery without intervention: ARCHITECTURE.md, "Degraded modes". */

interface Sent {
  path: string
  input?: unknown
  isMutation?: boolean
  headers?: Record<string, string>
}

async function send(url: string, { path, input, isMutation = false, headers = {} }: Sent) {
  const text = JSON.stringify(input ?? {})
  const response = await fetch(`${url}/trpc/${path}${isMutation ? '' : `?input=${encodeURIComponent(text)}`}`, {
    headers: { ...headers, ...(isMutation && { 'content-type': 'application/json' }) },
    ...(isMutation && { method: 'POST', body: text }),
  })
  const body = await response.text()
  return {
    status: response.status,
    body,
    headers: response.headers,
    retryAfter: Number(response.headers.get('retry-after') ?? 'NaN'),
  }
}

const place = (url: string, cartId: string, headers = {}) =>
  send(url, { path: 'order.place', input: placeRequest(cartId), isMutation: true, headers })

const anySku = async (fleet: Fleet): Promise<string> => {
  const [row] = await fleet.query<{ sku: string }>('select sku from product.stock where available > 5 limit 1')
  return row?.sku ?? ''
}

const health = async (url: string) => [(await fetch(`${url}/livez`)).status, (await fetch(`${url}/readyz`)).status]

describe('Postgres', { timeout: 120_000 }, () => {
  let fleet: Fleet
  let proxy: Proxy
  let server: Program
  let url: string
  let catalog: Sent[]
  beforeAll(async () => {
    fleet = await startFleet()
    proxy = await startProxy(fleet.databaseUrl)
    server = await fleet.start(['serve'], { DATABASE_URL: proxy.urlThrough(fleet.databaseUrl) })
    url = server.url()
    const [product] = await fleet.query<{ id: string; slug: string }>(
      `select id, slug from product.product where status = 'active' order by id limit 1`,
    )
    catalog = [
      { path: 'product.get', input: { slug: product?.slug } },
      { path: 'product.list', input: { limit: 5 } },
      { path: 'product.search', input: { q: 'kettle' } },
      { path: 'product.suggest', input: { q: 'ket' } },
      { path: 'product.related', input: { id: product?.id } },
      { path: 'product.categories' },
    ]
  })
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  /** The catalog, a page and a cart, as they are while Postgres works. */
  async function takeSnapshot() {
    const ada = createBuyer(url)
    const cartId = await ada.createCart([{ sku: await anySku(fleet), quantity: 1 }])
    const seen = await Promise.all(catalog.map((each) => send(url, each)))
    expect(seen.map(({ status }) => status)).toEqual(catalog.map(() => 200))
    return { cartId, seen, page: await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text() }
  }

  async function expectCatalog(seen: Awaited<ReturnType<typeof takeSnapshot>>['seen']): Promise<void> {
    for (const [index, each] of catalog.entries()) {
      expect(await send(url, each)).toMatchObject({ status: 200, body: seen[index]?.body })
    }
  }

  const untilStale = (): Promise<unknown> =>
    waitFor(async () => /stale/.test((await send(url, catalog[0] as Sent)).headers.get('cache-status') ?? ''), {
      what: 'the response to be marked as stale',
    })

  const untilSelling = (cartId: string): Promise<unknown> =>
    waitFor(async () => (await place(url, cartId)).status === 200, {
      timeoutMs: 30_000,
      what: 'the shop to sell again',
    })

  test('stopped: the catalog is served stale, orders get 503 meanwhile, and both recover', async () => {
    const { cartId, seen, page } = await takeSnapshot()
    await fleet.stopPostgres()
    await untilStale()
    await expectCatalog(seen)
    expect(await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text()).toBe(page)
    expect(await health(url)).toEqual([200, 200])
    const etag = seen[0]?.headers.get('etag') ?? ''
    expect((await send(url, { ...(catalog[0] as Sent), headers: { 'if-none-match': etag } })).status).toBe(304)

    for (const headers of [{}, { 'trpc-accept': 'application/json' }]) {
      const rejected = await place(url, cartId, headers)
      expect(rejected.status).toBe(503)
      expect(rejected.retryAfter).toBeGreaterThanOrEqual(2)
      expect(JSON.parse(rejected.body)).toMatchObject({ error: { data: { error: 'unavailable', isRetryable: true } } })
    }
    const uncached = await send(url, { path: 'product.list', input: { limit: 7 } })
    expect(uncached).toMatchObject({ status: 503 })
    expect(uncached.retryAfter).toBeGreaterThanOrEqual(2)

    proxy.retarget(await fleet.startPostgres())
    await untilSelling(cartId)
    await waitFor(
      async () => /fwd=miss/.test((await send(url, catalog[0] as Sent)).headers.get('cache-status') ?? ''),
      {
        what: 'a fresh response',
      },
    )
  })

  test('silent, as a host that is down: a thousand calls do not each wait for a timeout', async () => {
    const { cartId, seen } = await takeSnapshot()
    proxy.blackHole()
    await fleet.stopPostgres()
    // Cuts the open connections, as keep-alive or a fail-over would in time.
    proxy.reset()
    await Promise.all(Array.from({ length: 50 }, () => send(url, { path: 'order.cart.get', input: { cartId } })))
    const rejected: Awaited<ReturnType<typeof send>>[] = []
    const sendMany = async () => {
      for (let n = 0; n < 50; n += 1) rejected.push(await send(url, { path: 'order.cart.get', input: { cartId } }))
    }
    const before = proxy.connectionCount()
    await Promise.all(Array.from({ length: 20 }, sendMany))
    // The circuit breaker lets one call at a time through as a probe; only that one waits for a connection.
    expect(proxy.connectionCount() - before).toBeLessThan(50)
    expect(new Set(rejected.map(({ status }) => status))).toEqual(new Set([503]))
    expect(rejected.every(({ retryAfter }) => retryAfter >= 2)).toBe(true)
    await untilStale()
    await expectCatalog(seen)
    proxy.restore()
    proxy.retarget(await fleet.startPostgres())
    await untilSelling(cartId)
  })

  test('read-only, as after a fail-over: mutations get 503, not an unknown outcome, and recover', async () => {
    const { cartId, seen } = await takeSnapshot()
    const setReadOnly = async (value: 'on' | 'off') => {
      await fleet.query(`alter system set default_transaction_read_only = ${value}`)
      await fleet.query('select pg_reload_conf()')
    }
    await setReadOnly('on')
    const rejected = await waitFor(
      async () => {
        const responses = await Promise.all([
          place(url, cartId),
          send(url, { path: 'order.cart.create', isMutation: true }),
        ])
        return responses.every(({ status }) => status !== 200) ? responses : undefined
      },
      { what: 'orders to be rejected' },
    )
    expect(rejected.map(({ status }) => status)).toEqual([503, 503])
    await expectCatalog(seen)
    await setReadOnly('off')
    await untilSelling(cartId)
  })
})

describe('READ_ONLY', { timeout: 120_000 }, () => {
  test('keeps the catalog, sessions and orders readable, and rejects all writes for minutes', async () => {
    await using fleet = await startFleet()
    const before = await fleet.start(['serve'])
    const ada = createBuyer(before.url())
    const cartId = await ada.createCart([{ sku: await anySku(fleet), quantity: 1 }])
    const login = { email: 'staff@example.com', password: 'demo-staff' }
    const { token } = await ada.client.user.login.mutate(login)
    await fleet.query(`update "user".session set last_seen_at = now() - interval '2 hours'`)

    const server = await fleet.start(['serve'], { READ_ONLY: 'true', PAYMENT_WEBHOOK_SECRET: 'whsec_of_this_test' })
    const url = server.url()
    expect(await health(url)).toEqual([200, 200])
    const headers = { authorization: `Bearer ${token}` }
    const read: Sent[] = [
      { path: 'product.list' },
      { path: 'product.search', input: { q: 'kettle' } },
      { path: 'order.cart.get', input: { cartId } },
      { path: 'user.me', headers },
    ]
    for (const each of read) expect(await send(url, each)).toMatchObject({ status: 200 })

    const sku = await anySku(fleet)
    const writes: Sent[] = [
      { path: 'order.place', input: placeRequest(cartId) },
      { path: 'order.cart.create', input: {} },
      { path: 'order.cart.setLine', input: { cartId, sku, quantity: 2 } },
      { path: 'user.login', input: login },
      { path: 'product.admin.adjustStock', input: { sku, delta: 1, reason: 'a count' }, headers },
    ]
    for (const each of writes) {
      for (const more of [{}, { 'trpc-accept': 'application/json' }]) {
        const rejected = await send(url, { ...each, isMutation: true, headers: { ...each.headers, ...more } })
        expect(rejected.status).toBe(503)
        expect(rejected.retryAfter).toBeGreaterThanOrEqual(60)
        expect(rejected.body).toContain('being maintained')
        expect(JSON.parse(rejected.body)).toMatchObject({
          error: { data: { error: 'maintenance', isRetryable: true } },
        })
      }
    }
    expect((await fetch(`${url}/webhooks/payment`, { method: 'POST', body: '{}' })).status).toBe(503)
    // A rejection that the operator has configured is not logged.
    expect(server.output()).not.toMatch(/"level":(40|50)/)
    expect((await place(before.url(), cartId)).status).toBe(200)
  })

  test('a worker, which only writes, reports READ_ONLY and does not start', async () => {
    await using program = runProgram(['worker'], {
      env: { READ_ONLY: 'true', DATABASE_URL: 'postgres://127.0.0.1:1/none', PAYMENT_SECRET_KEY: 'sk_test_none' },
    })
    expect(await program.ended()).toBe(1)
    expect(program.output()).toContain('READ_ONLY')
  })
})

test(
  'a frozen replica fails its health check, delays no other replica, and continues when it is thawed',
  { timeout: 120_000 },
  async () => {
    await using fleet = await startFleet()
    const [frozen, other] = await Promise.all([fleet.start(['serve']), fleet.start(['serve'])])
    const ada = createBuyer(other.url())
    const sku = await anySku(fleet)
    const carts = await Promise.all(Array.from({ length: 6 }, () => ada.createCart([{ sku, quantity: 1 }])))
    const [first = '', second = '', ...others] = carts
    // Sent just before the freeze, so that they are most likely under way in it.
    const interrupted = [place(frozen.url(), first), place(frozen.url(), second)]
    process.kill(frozen.pid, 'SIGSTOP')
    const isHealthy = (timeoutMs: number) =>
      fetch(`${frozen.url()}/livez`, { signal: AbortSignal.timeout(timeoutMs) }).then(
        ({ ok }) => ok,
        () => false,
      )
    expect(await isHealthy(1_000)).toBe(false)
    for (const cartId of others) expect(await ada.place(cartId)).toMatchObject({ outcome: 'placed' })
    process.kill(frozen.pid, 'SIGCONT')
    await waitFor(() => isHealthy(5_000), { what: 'the thawed replica to be healthy' })
    await Promise.all(interrupted)
    for (const cartId of [first, second]) {
      const reply = await ada.place(cartId)
      expect(reply.outcome === 'placed' || reply.reason === 'already_placed').toBe(true)
    }
  },
)

test('of several processes behind one port, a frozen one is killed and replaced', { timeout: 120_000 }, async () => {
  await using fleet = await startFleet()
  const supervisor = await fleet.start(['serve', '--processes', '2'])
  const children = () =>
    listProcesses()
      .filter(({ parentPid }) => parentPid === supervisor.pid)
      .map(({ pid }) => pid)
  const before = children()
  expect(before).toHaveLength(2)
  process.kill(before[0] ?? 0, 'SIGSTOP')
  await waitFor(
    () => {
      const now = children()
      return now.length === 2 && !now.includes(before[0] ?? 0)
    },
    { timeoutMs: 40_000, what: 'the frozen process to be replaced' },
  )
  expect(children()).toContain(before[1])
  for (let n = 0; n < 8; n += 1) {
    const response = await fetch(`${supervisor.url()}/livez`, { signal: AbortSignal.timeout(20_000) })
    expect(response.status).toBe(200)
  }
})

test(
  'without Redis orders are placed and paid: the sweep replaces wake-ups, and the cache works in process',
  { timeout: 120_000 },
  async () => {
    const [queue, cache] = await Promise.all([startRedis(), startRedis()])
    await using fleet = await startFleet({ redisUrl: queue.url, env: { CACHE_REDIS_URL: cache.url } })
    const server = await fleet.start(['serve'])
    await fleet.start(['worker'])
    const ada = createBuyer(server.url())
    const sku = await anySku(fleet)
    await Promise.all([queue.stop(), cache.stop()])
    const cartId = await ada.createCart([{ sku, quantity: 1 }])
    expect(await ada.place(cartId)).toMatchObject({ outcome: 'placed' })
    expect((await send(server.url(), { path: 'product.list' })).status).toBe(200)
    expect(await health(server.url())).toEqual([200, 200])
    await waitFor(async () => (await fleet.query(`select 1 from "order".orders where status = 'paid'`)).length === 1, {
      timeoutMs: 40_000,
      what: 'the order to be paid',
    })
  },
)

test(
  'without an SMTP server orders are placed and paid, and the email arrives when it returns',
  { timeout: 120_000 },
  async () => {
    const port = await freePort()
    await using fleet = await startFleet({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const [server] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
    const ada = createBuyer(server.url())
    await ada.place(await ada.createCart([{ sku: await anySku(fleet), quantity: 1 }]))
    await waitFor(async () => (await fleet.query(`select 1 from "order".orders where status = 'paid'`)).length === 1, {
      timeoutMs: 40_000,
      what: 'the order to be paid',
    })
    const unsentEmails = () =>
      fleet.query<{ attempts: number }>(`select attempts from actor.mailbox where kind = 'email'`)
    expect(await unsentEmails()).toMatchObject([{ attempts: 0 }])
    await using smtp = await startSmtpServer(port)
    await waitFor(() => smtp.emails.some((email) => email.includes('ada@example.com')), {
      timeoutMs: 30_000,
      what: 'the email',
    })
    await waitFor(async () => (await unsentEmails()).length === 0, { what: 'the mailbox to be empty' })
  },
)

/** An SMTP server that does as much as is needed to receive an email. */
async function startSmtpServer(port: number) {
  const emails: string[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.write('220 smtp\r\n')
    let unread = ''
    let email: string | undefined
    socket.on('data', (chunk) => {
      unread += chunk.toString()
      for (let end = unread.indexOf('\r\n'); end >= 0; end = unread.indexOf('\r\n')) {
        const line = unread.slice(0, end)
        unread = unread.slice(end + 2)
        if (email === undefined) {
          if (/^DATA/i.test(line)) email = ''
          socket.write(email === '' ? '354 go on\r\n' : '250 ok\r\n')
        } else if (line === '.') {
          emails.push(email)
          email = undefined
          socket.write('250 ok\r\n')
        } else email += `${line}\n`
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    emails,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
