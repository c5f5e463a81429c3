import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { createBuyer, homeAddress, startFleet, waitFor, type Fleet } from '#test'

/** Guarantees of a server to the balancer, the operator and the browser. */

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet()
})
afterAll(() => fleet[Symbol.asyncDispose]())

const status = (url: string) =>
  fetch(url).then(
    (answer) => answer.status,
    () => 'closed',
  )

describe('health', () => {
  test('a server on SIGTERM is first not ready, and closes after the drain time', async () => {
    const server = await fleet.start(['serve'], { DRAIN_MS: '3000' })
    const url = server.url()
    expect(await status(`${url}/livez`)).toBe(200)
    expect(await status(`${url}/readyz`)).toBe(200)
    const stopped = server.stop()
    await waitFor(async () => (await status(`${url}/readyz`)) === 503, {
      what: 'readiness to be false',
    })
    // Requests that still arrive are served.
    expect(await status(`${url}/trpc/product.categories`)).toBe(200)
    expect(await stopped).toBe(0)
    expect(await status(`${url}/livez`)).toBe('closed')
  })

  test('readiness does not depend on Postgres, so that one shared failure cannot take out the fleet', async () => {
    await using server = await fleet.start(['serve'], { DATABASE_POOL: '2' })
    await fleet.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast'`)
    expect(await status(`${server.url()}/readyz`)).toBe(200)
    await waitFor(async () => (await status(`${server.url()}/trpc/product.categories`)) === 200, {
      what: 'the catalog',
    })
  })

  test('a draining server ends its streams, so that browsers reconnect elsewhere', async () => {
    const [first, second] = await Promise.all([fleet.start(['serve']), fleet.start(['serve'])])
    const ada = createBuyer(first.url())
    const [row] = await fleet.query<{ sku: string }>('select sku from product.stock where available > 5 limit 1')
    const answer = await ada.place(await ada.createCart([{ sku: row?.sku ?? '', quantity: 1 }]))
    if (answer.outcome !== 'placed') throw new Error(answer.reason)
    const stream = (url: string) =>
      fetch(`${url}/trpc/order.watch?input=${encodeURIComponent(JSON.stringify({ id: answer.order.id }))}`, {
        headers: { accept: 'text/event-stream', 'x-order-token': answer.accessToken },
      })
    const reader = (await stream(first.url())).body?.pipeThrough(new TextDecoderStream()).getReader()
    let read = ''
    while (!read.includes(answer.order.number)) read += (await reader?.read())?.value ?? ''
    // The browser keeps its side open. Code 0: the server was not cut short at its deadline.
    expect(await first.stop()).toBe(0)
    expect((await reader?.read())?.done).toBe(true)
    const again = await stream(second.url())
    expect(again.status).toBe(200)
    await again.body?.cancel()
  })
})

describe('operators', () => {
  test('metrics have a port of their own, for one process and for several', async () => {
    const [singlePort, severalPort] = [await freePort(), await freePort()]
    await using single = await fleet.start(['serve'], { METRICS_PORT: `${singlePort}` })
    expect(await status(`${single.url()}/metrics`)).toBe(404)
    await fetch(`${single.url()}/trpc/user.me`)
    const text = await (await fetch(`http://127.0.0.1:${singlePort}/metrics`)).text()
    expect(text).toMatch(/holdfast_rpc_seconds_count\{procedure="user.me",outcome="unauthenticated"\} 1/)
    expect(text).toContain('nodejs_eventloop_lag_seconds')

    await using several = await fleet.start(['serve', '--processes', '2'], { METRICS_PORT: `${severalPort}` })
    await Promise.all(Array.from({ length: 8 }, () => fetch(`${several.url()}/trpc/user.me`)))
    const summed = await (await fetch(`http://127.0.0.1:${severalPort}/metrics`)).text()
    expect(summed).toMatch(/holdfast_rpc_seconds_count\{procedure="user.me",outcome="unauthenticated"\} 8/)
  })

  test('no personal data and no secret reaches the logs of a whole purchase', async () => {
    const [server, worker] = await Promise.all([
      fleet.start(['serve'], { LOG_LEVEL: 'trace' }),
      fleet.start(['worker'], { LOG_LEVEL: 'trace' }),
    ])
    const ada = createBuyer(server.url())
    const registered = await ada.client.user.register.mutate({
      email: 'grace.hopper@example.com',
      password: 'a password for the test',
      name: 'Grace Hopper',
    })
    const [row] = await fleet.query<{ sku: string }>('select sku from product.stock where available > 5 limit 1')
    const placed = await ada.place(await ada.createCart([{ sku: row?.sku ?? '', quantity: 1 }]), {
      email: 'grace.hopper@example.com',
      shippingAddress: { ...homeAddress, name: 'Grace Hopper', line1: '99 Cobol Lane' },
    })
    if (placed.outcome !== 'placed') throw new Error(placed.reason)
    const pendingMessages = () =>
      fleet.query(`select 1 from actor.mailbox where kind not in ('housekeeping', 'reconciliation')`)
    await waitFor(async () => (await pendingMessages()).length === 0, {
      timeoutMs: 30_000,
      what: 'the email to be sent',
    })
    const logs = server.output() + worker.output()
    for (const secret of [
      'grace.hopper',
      'Grace Hopper',
      'Cobol',
      'a password for',
      registered.token,
      placed.accessToken,
      'pm_card_visa',
    ])
      expect(logs).not.toContain(secret)
  })
})

describe('browsers', () => {
  test('get security headers, and only configured origins may use their cookies', async () => {
    await using server = await fleet.start(['serve'], { CORS_ORIGINS: 'https://shop.example' })
    const answer = await fetch(`${server.url()}/trpc/product.categories`, {
      headers: { origin: 'https://shop.example' },
    })
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    const post = (origin: string) =>
      fetch(`${server.url()}/trpc/order.cart.create`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: '{}',
      })
    expect((await post('https://evil.example')).status).toBe(403)
    expect((await post('https://shop.example')).status).toBe(200)
    expect((await post(server.url())).status).toBe(200)
    const foreign = await fetch(`${server.url()}/trpc/product.categories`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })
})
