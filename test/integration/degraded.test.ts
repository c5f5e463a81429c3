import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buyer,
  listProcesses,
  placement,
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

/** What still works while something is away, what the buyer sees, and that it heals by itself: ARCHITECTURE.md, "Degraded modes". */

interface Sent {
  path: string
  input?: unknown
  isMutation?: boolean
  headers?: Record<string, string>
}

async function send(url: string, { path, input, isMutation = false, headers = {} }: Sent) {
  const text = JSON.stringify(input ?? {})
  const startedAt = performance.now()
  const answer = await fetch(`${url}/trpc/${path}${isMutation ? '' : `?input=${encodeURIComponent(text)}`}`, {
    headers: { ...headers, ...(isMutation && { 'content-type': 'application/json' }) },
    ...(isMutation && { method: 'POST', body: text }),
  })
  const body = await answer.text()
  return {
    status: answer.status,
    body,
    headers: answer.headers,
    retryAfter: Number(answer.headers.get('retry-after') ?? 'NaN'),
    ms: performance.now() - startedAt,
  }
}

const place = (url: string, cartId: string, headers = {}) =>
  send(url, { path: 'order.place', input: placement(cartId), isMutation: true, headers })

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
    server = await fleet.start(['serve'], { DATABASE_URL: proxy.by(fleet.databaseUrl) })
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

  /** All of the catalog, and a cart, as they are while all is well. */
  async function visit() {
    const ada = buyer(url)
    const cartId = await ada.cart([{ sku: await anySku(fleet), quantity: 1 }])
    const seen = await Promise.all(catalog.map((each) => send(url, each)))
    expect(seen.map(({ status }) => status)).toEqual(catalog.map(() => 200))
    return { cartId, seen, page: await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text() }
  }

  async function expectCatalog(seen: Awaited<ReturnType<typeof visit>>['seen']): Promise<void> {
    for (const [index, each] of catalog.entries()) {
      const now = await send(url, each)
      expect(now).toMatchObject({ status: 200, body: seen[index]?.body })
      expect(now.ms).toBeLessThan(1_000)
    }
  }

  const untilStale = (): Promise<unknown> =>
    waitFor(async () => /stale/.test((await send(url, catalog[0] as Sent)).headers.get('cache-status') ?? ''), {
      what: 'the answer to be old, and to say so',
    })

  const untilSelling = (cartId: string): Promise<unknown> =>
    waitFor(async () => (await place(url, cartId)).status === 200, {
      timeoutMs: 15_000,
      what: 'the shop to sell again',
    })

  test('stopped: the catalog is served as it was, orders are refused within 3 s with Retry-After, and it heals by itself', async () => {
    const { cartId, seen, page } = await visit()
    await fleet.stopPostgres()
    await untilStale()
    await expectCatalog(seen)
    expect(await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text()).toBe(page)
    expect(await health(url)).toEqual([200, 200])
    const etag = seen[0]?.headers.get('etag') ?? ''
    expect((await send(url, { ...(catalog[0] as Sent), headers: { 'if-none-match': etag } })).status).toBe(304)

    for (const headers of [{}, { 'trpc-accept': 'application/json' }]) {
      const refused = await place(url, cartId, headers)
      expect(refused.status).toBe(503)
      expect(refused.retryAfter).toBeGreaterThanOrEqual(2)
      expect(refused.ms).toBeLessThan(3_000)
      expect(JSON.parse(refused.body)).toMatchObject({ error: { data: { error: 'unavailable', isRetryable: true } } })
    }
    const unseen = await send(url, { path: 'product.list', input: { limit: 7 } })
    expect(unseen).toMatchObject({ status: 503 })
    expect(unseen.retryAfter).toBeGreaterThanOrEqual(2)

    proxy.retarget(await fleet.startPostgres())
    await untilSelling(cartId)
    await waitFor(
      async () => /fwd=miss/.test((await send(url, catalog[0] as Sent)).headers.get('cache-status') ?? ''),
      {
        what: 'a new answer',
      },
    )
  })

  test('silent, as a host that has gone away: a thousand callers do not each wait for it', async () => {
    const { cartId, seen } = await visit()
    proxy.blackHole()
    await fleet.stopPostgres()
    // Those connections that are open are cut, as keep-alive or a fail-over would in time.
    proxy.reset()
    await Promise.all(Array.from({ length: 50 }, () => send(url, { path: 'order.cart.get', input: { cartId } })))
    const refused: Awaited<ReturnType<typeof send>>[] = []
    const insist = async () => {
      for (let n = 0; n < 50; n += 1) refused.push(await send(url, { path: 'order.cart.get', input: { cartId } }))
    }
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 20 }, insist))
    // Two seconds each would be 100.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]))
    expect(refused.every(({ retryAfter }) => retryAfter >= 2)).toBe(true)
    // One at a time is let through, to see whether Postgres is back.
    expect(refused.filter(({ ms }) => ms > 1_900).length).toBeLessThan(20)
    await untilStale()
    await expectCatalog(seen)
    proxy.heal()
    proxy.retarget(await fleet.startPostgres())
    await untilSelling(cartId)
  })

  test('read-only, as after a fail-over: nothing is said to be unknown that cannot have happened, and it heals by itself', async () => {
    const { cartId, seen } = await visit()
    const setReadOnly = async (value: 'on' | 'off') => {
      await fleet.query(`alter system set default_transaction_read_only = ${value}`)
      await fleet.query('select pg_reload_conf()')
    }
    await setReadOnly('on')
    const refusals = await waitFor(
      async () => {
        const answers = await Promise.all([
          place(url, cartId),
          send(url, { path: 'order.cart.create', isMutation: true }),
        ])
        return answers.every(({ status }) => status !== 200) ? answers : undefined
      },
      { what: 'orders to be refused' },
    )
    expect(refusals.map(({ status }) => status)).toEqual([503, 503])
    await expectCatalog(seen)
    await setReadOnly('off')
    await untilSelling(cartId)
  })
})

describe('READ_ONLY', { timeout: 120_000 }, () => {
  test('keeps the catalog, sessions and orders readable, and refuses whatever would write, for minutes', async () => {
    await using fleet = await startFleet()
    const before = await fleet.start(['serve'])
    const ada = buyer(before.url())
    const cartId = await ada.cart([{ sku: await anySku(fleet), quantity: 1 }])
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
      { path: 'order.place', input: placement(cartId) },
      { path: 'order.cart.create', input: {} },
      { path: 'order.cart.setLine', input: { cartId, sku, quantity: 2 } },
      { path: 'user.login', input: login },
      { path: 'product.admin.adjustStock', input: { sku, delta: 1, reason: 'a count' }, headers },
    ]
    for (const each of writes) {
      for (const more of [{}, { 'trpc-accept': 'application/json' }]) {
        const refused = await send(url, { ...each, isMutation: true, headers: { ...each.headers, ...more } })
        expect(refused.status).toBe(503)
        expect(refused.retryAfter).toBeGreaterThanOrEqual(60)
        expect(refused.body).toContain('being maintained')
      }
    }
    expect((await fetch(`${url}/webhooks/payment`, { method: 'POST', body: '{}' })).status).toBe(503)
    // What is refused by order is nothing to be warned of.
    expect(server.output()).not.toMatch(/"level":(40|50)/)
    expect((await place(before.url(), cartId)).status).toBe(200)
  })

  test('a worker, which does nothing but write, says so and does not start', async () => {
    await using program = runProgram(['worker'], {
      env: { READ_ONLY: 'true', DATABASE_URL: 'postgres://127.0.0.1:1/none', PAYMENT_SECRET_KEY: 'sk_test_none' },
    })
    expect(await program.ended()).toBe(1)
    expect(program.output()).toContain('READ_ONLY')
  })
})

test(
  'a wedged replica does not answer for its health, holds nobody else up, and goes on when it can',
  { timeout: 120_000 },
  async () => {
    await using fleet = await startFleet()
    const [wedged, other] = await Promise.all([fleet.start(['serve']), fleet.start(['serve'])])
    const ada = buyer(other.url())
    const sku = await anySku(fleet)
    const carts = await Promise.all(Array.from({ length: 6 }, () => ada.cart([{ sku, quantity: 1 }])))
    const [first = '', second = '', ...others] = carts
    // In the midst of placing, as far as that can be had.
    const cut = [place(wedged.url(), first), place(wedged.url(), second)]
    process.kill(wedged.pid, 'SIGSTOP')
    const isHealthy = (timeoutMs: number) =>
      fetch(`${wedged.url()}/livez`, { signal: AbortSignal.timeout(timeoutMs) }).then(
        ({ ok }) => ok,
        () => false,
      )
    expect(await isHealthy(1_000)).toBe(false)
    for (const cartId of others) expect(await ada.place(cartId)).toMatchObject({ outcome: 'placed' })
    process.kill(wedged.pid, 'SIGCONT')
    expect(await isHealthy(5_000)).toBe(true)
    await Promise.all(cut)
    for (const cartId of [first, second]) {
      const answer = await ada.place(cartId)
      expect(answer.outcome === 'placed' || answer.reason === 'already_placed').toBe(true)
    }
  },
)

test(
  'of several processes behind one port, one that stands still is ended and another started',
  { timeout: 120_000 },
  async () => {
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
      { timeoutMs: 40_000, what: 'the wedged process to be replaced' },
    )
    expect(children()).toContain(before[1])
    for (let n = 0; n < 8; n += 1) {
      const answer = await fetch(`${supervisor.url()}/livez`, { signal: AbortSignal.timeout(5_000) })
      expect(answer.status).toBe(200)
    }
  },
)

test(
  'without Redis orders are taken and paid: the sweep stands in for wake-ups, each replica for the shared cache',
  { timeout: 120_000 },
  async () => {
    const [queue, cache] = await Promise.all([startRedis(), startRedis()])
    await using fleet = await startFleet({ redisUrl: queue.url, env: { CACHE_REDIS_URL: cache.url } })
    const server = await fleet.start(['serve'])
    await fleet.start(['worker'])
    const ada = buyer(server.url())
    const sku = await anySku(fleet)
    await Promise.all([queue.stop(), cache.stop()])
    const cartId = await ada.cart([{ sku, quantity: 1 }])
    const startedAt = performance.now()
    expect(await ada.place(cartId)).toMatchObject({ outcome: 'placed' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect((await send(server.url(), { path: 'product.list' })).status).toBe(200)
    expect(await health(server.url())).toEqual([200, 200])
    await waitFor(async () => (await fleet.query(`select 1 from "order".orders where status = 'paid'`)).length === 1, {
      timeoutMs: 20_000,
      what: 'the order to be paid',
    })
  },
)

test(
  'without a mail server orders are taken and paid, and the letter arrives when it returns',
  { timeout: 120_000 },
  async () => {
    const port = await freePort()
    await using fleet = await startFleet({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
    const [server] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
    const ada = buyer(server.url())
    await ada.place(await ada.cart([{ sku: await anySku(fleet), quantity: 1 }]))
    await waitFor(async () => (await fleet.query(`select 1 from "order".orders where status = 'paid'`)).length === 1, {
      timeoutMs: 20_000,
      what: 'the order to be paid',
    })
    const letters = () => fleet.query<{ attempts: number }>(`select attempts from actor.mailbox where kind = 'email'`)
    expect(await letters()).toMatchObject([{ attempts: 0 }])
    await using post = await startPost(port)
    await waitFor(() => post.letters.some((letter) => letter.includes('ada@example.com')), {
      timeoutMs: 30_000,
      what: 'the letter',
    })
    await waitFor(async () => (await letters()).length === 0, { what: 'the mailbox to be empty' })
  },
)

/** As much of a mail server as is needed to take a letter. */
async function startPost(port: number) {
  const letters: string[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.write('220 post\r\n')
    let said = ''
    let letter: string | undefined
    socket.on('data', (chunk) => {
      said += chunk.toString()
      for (let end = said.indexOf('\r\n'); end >= 0; end = said.indexOf('\r\n')) {
        const line = said.slice(0, end)
        said = said.slice(end + 2)
        if (letter === undefined) {
          if (/^DATA/i.test(line)) letter = ''
          socket.write(letter === '' ? '354 go on\r\n' : '250 ok\r\n')
        } else if (line === '.') {
          letters.push(letter)
          letter = undefined
          socket.write('250 ok\r\n')
        } else letter += `${line}\n`
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    letters,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
