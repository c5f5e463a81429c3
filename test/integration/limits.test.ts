import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import {
  createProtectedResources,
  expectRejected,
  logProblems,
  procedureCall,
  send,
  startTarget,
  waitFor,
  type Program,
  type ProtectedResources,
  type Target,
} from '#test'

/** What callers can do often, keep open, hold for ever or send malformed is bounded. */

let target: Target
let server: Program
let url: string
let goods: ProtectedResources
let metricsPort: number
beforeAll(async () => {
  target = await startTarget()
  metricsPort = await freePort()
  server = await target.fleet.start(['serve'], { METRICS_PORT: String(metricsPort), ORDER_ACCESS_DAYS: '7' })
  url = server.url()
  goods = await createProtectedResources(target)
})
afterAll(() => target[Symbol.asyncDispose]())

/** Sum of the series whose name and labels begin like this. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const lines = text.split('\n').filter((each) => each.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

describe('a webhook with a valid signature', () => {
  const sign = (body: string): string => {
    const at = Math.floor(Date.now() / 1000)
    return `t=${at},v1=${createHmac('sha256', target.webhookSecret).update(`${at}.${body}`).digest('hex')}`
  }
  const intent = (fields: object) => ({
    object: 'payment_intent',
    id: 'pi_1',
    status: 'succeeded',
    currency: 'usd',
    ...fields,
  })
  const malformed: [name: string, event: (orderId: string) => unknown][] = [
    ['no id of the event', (order_id) => ({ id: undefined, data: { object: intent({ metadata: { order_id } }) } })],
    ['no id of the payment', (order_id) => ({ data: { object: intent({ id: null, metadata: { order_id } }) } })],
    [
      'an amount in words',
      (order_id) => ({ data: { object: intent({ amount_received: 'ten', metadata: { order_id } }) } }),
    ],
    [
      'an amount beyond 2^53',
      (order_id) => ({ data: { object: intent({ amount_received: 1e300, metadata: { order_id } }) } }),
    ],
    [
      'an amount without currency',
      (order_id) => ({
        data: { object: intent({ currency: undefined, amount_received: 1, metadata: { order_id } }) },
      }),
    ],
    [
      'a fee without currency',
      (order_id) => ({
        data: {
          object: intent({ amount_received: 1, metadata: { order_id }, latest_charge: { balance_transaction: {} } }),
        },
      }),
    ],
    [
      'NUL in an id',
      (order_id) => ({ data: { object: intent({ id: 'pi_\0', amount_received: 1, metadata: { order_id } }) } }),
    ],
    [
      'half a character in an id',
      () => ({ id: 'evt_\ud800', data: { object: intent({ metadata: { order_id: 'x' } }) } }),
    ],
    [
      'an endless id',
      (order_id) => ({ id: 'e'.repeat(300), data: { object: intent({ amount_received: 1, metadata: { order_id } }) } }),
    ],
    [
      'a refund without currency',
      () => ({ data: { object: { object: 'refund', payment_intent: 'pi_1', amount: 1 } } }),
    ],
    [
      'a refund of nothing',
      () => ({
        data: { object: { object: 'refund', id: 're_1', payment_intent: 'pi_1', amount: -1, currency: 'usd' } },
      }),
    ],
    [
      'refunds that are no list',
      () => ({ type: 'charge.refunded', data: { object: { object: 'charge', refunds: 'none' } } }),
    ],
    ['a dispute without transactions', () => ({ data: { object: { object: 'dispute', payment_intent: 'pi_1' } } })],
  ]

  test.each(malformed)('and %s is rejected, changes nothing and is counted', async (_, event) => {
    const countedBefore = await metric('holdfast_webhooks_total{outcome="rejected"')
    const body = JSON.stringify({ id: 'evt_1', ...(event(goods.order.id) as object) })
    const headers = { 'content-type': 'application/json', 'stripe-signature': sign(body) }
    await expectRejected({ ...target, url }, [{ name: 'webhook', path: '/webhooks/payment', headers, body }], {
      error: 'bad_input',
      status: 400,
    })
    expect(await metric('holdfast_webhooks_total{outcome="rejected"')).toBe(countedBefore + 1)
  })

  test.each(['[', 'null', '4', '{}', '{"data":{}}', '{"id":"evt_1","data":{"object":"text"}}'])(
    'and the body %s is no failure of the shop',
    async (body) => {
      const headers = { 'content-type': 'application/json', 'stripe-signature': sign(body) }
      expect((await send(url, { name: 'webhook', path: '/webhooks/payment', headers, body })).status).toBeLessThan(500)
    },
  )
})

test.each([
  'GET / HTTP/1.1',
  'GET /livez HTTP/1.1',
  'GET /trpc/product.categories HTTP/1.1',
  'GET /trpc/product.categories HTTP/1.1',
  'POST /webhooks/payment HTTP/1.1',
])('two Host headers are rejected: %s', async (line) => {
  // The second request of a public URL would come from the URL cache.
  expect((await fetch(`${url}/trpc/product.categories`)).status).toBe(200)
  const { host, hostname, port } = new URL(url)
  for (const second of ['Host: evil.example', `hOsT: ${host}`]) {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.write(`${line}\r\nHost: ${host}\r\n${second}\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close', { signal: AbortSignal.timeout(5_000) })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    expect(text).toMatch(/^x-content-type-options: nosniff\r$/m)
    expect(text).toContain('"field":"host"')
  }
})

describe('event streams', () => {
  const streams = new Set<IncomingMessage>()
  afterAll(() => {
    for (const stream of streams) stream.destroy()
  })

  async function watch(input: object): Promise<IncomingMessage> {
    const path = `${url}/trpc/order.watch?input=${encodeURIComponent(JSON.stringify(input))}`
    const [response] = (await once(get(path, { headers: { accept: 'text/event-stream' } }), 'response')) as [
      IncomingMessage,
    ]
    streams.add(response)
    return response
  }

  async function end(stream: IncomingMessage): Promise<void> {
    stream.destroy()
    streams.delete(stream)
  }

  test('of one order are limited; another order can be watched, and an ended stream makes room', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => watch(goods.order)))
    expect(opened.map(({ statusCode }) => statusCode)).toEqual(Array<number>(20).fill(200))
    const rejected = await watch(goods.order)
    expect(rejected.statusCode).toBe(429)
    expect(rejected.headers['retry-after']).toBe('30')
    expect(rejected.headers['content-type']).toMatch(/json/)
    // However its id is written.
    expect((await watch({ ...goods.order, id: goods.order.id.toUpperCase() })).statusCode).toBe(429)
    expect((await watch({ id: goods.guestCartId })).statusCode).toBe(200)
    await end(opened[0] as IncomingMessage)
    await waitFor(async () => (await watch(goods.order)).statusCode === 200, { what: 'room for a stream' })
  })
})

describe("a guest's access to an order", () => {
  const getOrder = (access: { id: string; accessToken: string }) => send(url, procedureCall('order.get', access))
  const age = (days: number) =>
    target.fleet.query(`
      begin; set local session_replication_role = replica;
      update "order".order_event set at = now() - interval '${days} days' where order_id = '${goods.order.id}'; commit`)

  test('lasts while the order is under way, and ORDER_ACCESS_DAYS after its end', async () => {
    await age(400)
    expect((await getOrder(goods.order)).status).toBe(200)
    expect((await send(url, procedureCall('order.cancel', goods.order))).status).toBe(200)
    await target.fleet.query(`update "order".orders set status = 'cancelled' where id = '${goods.order.id}'`)
    await age(6)
    expect((await getOrder(goods.order)).status).toBe(200)
    await age(8)
    expect((await getOrder(goods.order)).status).toBe(404)
    // Staff still see it.
    const { token } = target.staff
    expect((await send(url, procedureCall('order.get', { id: goods.order.id }, { token }))).status).toBe(200)
  })
})

test('calls that are shed are counted, and logged by sample without a stack', async () => {
  const login = (n: number) =>
    fetch(`${url}/trpc/user.login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `nobody-${n}@example.com`, password: 'a-wrong-password-9' }),
    })
  const before = server.output().length
  const statuses = (await Promise.all(Array.from({ length: 300 }, (_, n) => login(n)))).map(({ status }) => status)
  const shed = statuses.filter((status) => status === 503).length
  expect(shed).toBeGreaterThan(20)
  const lines = server
    .output()
    .slice(before)
    .split('\n')
    .filter((line) => line.includes('a call was unavailable'))
  expect(lines.length).toBeGreaterThanOrEqual(1)
  expect(lines.length).toBeLessThanOrEqual(3)
  expect(lines.join()).toContain('user.login')
  expect(lines.join()).not.toMatch(/"stack"|at .*\.ts:/)
  // On a busy machine some are shed before their procedure, for the delay of the event loop.
  const counted = await Promise.all(
    ['holdfast_rpc_seconds_count{procedure="user.login",outcome="unavailable"}', 'holdfast_shed_total{'].map(metric),
  )
  expect(counted.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(shed)
})

test('the log holds no error', () => {
  expect(logProblems(server, [target.marker])).toEqual([])
})
