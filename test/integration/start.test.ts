import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '#lib/free-port'
import { databaseFolder, listProcesses, runProgram, startFleet, startProgram, waitFor, type Program } from '#test'

/** `npm start` as a newcomer runs it, and the processes and data that remain after it ends. */

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-start-'))
})
afterEach(async () => {
  await rm(databaseFolder(dataDir), { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
})

/** Processes that belong to this data folder, whatever their parent. */
const processesOf = (folder: string): number[] =>
  listProcesses()
    .filter(({ command }) => command.includes(folder) || command.includes(databaseFolder(dataDir)))
    .map(({ pid }) => pid)

const startShop = (env: Record<string, string> = {}): Promise<Program> =>
  startProgram(['start', '--no-pages'], { env: { PORT: '0', DATA_DIR: dataDir, ...env }, timeoutMs: 40_000 })

interface Answer {
  status: number
  body: { result: { data: Record<string, unknown> }; error: { data: { error: string } } }
}

/** Plain HTTP, without the typed client. */
async function call(url: string, procedure: string, input: unknown, method: 'GET' | 'POST' = 'POST'): Promise<Answer> {
  const address = `${url}/trpc/${procedure}`
  const query = `?input=${encodeURIComponent(JSON.stringify(input))}`
  const body = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) }
  const answer = await (method === 'GET' ? fetch(address + query) : fetch(address, body))
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

async function buySomething(url: string): Promise<{ id: string; accessToken: string }> {
  const found = await call(url, 'product.search', { q: 'wireless keyboard' }, 'GET')
  const [card] = found.body.result.data['items'] as { slug: string }[]
  const product = await call(url, 'product.get', { slug: card?.slug }, 'GET')
  const variants = product.body.result.data['variants'] as { sku: string; available: number }[]
  const cart = await call(url, 'order.cart.create', { currency: 'EUR' })
  const cartId = cart.body.result.data['id']
  await call(url, 'order.cart.setLine', {
    cartId,
    sku: variants.find(({ available }) => available > 0)?.sku,
    quantity: 1,
  })
  const shippingAddress = { name: 'Ada Byron', line1: '1 Rue', city: 'Paris', postalCode: '75001', country: 'FR' }
  const quote = await call(url, 'order.checkout', { cartId, shippingAddress })
  const { shippingOptions, totals } = quote.body.result.data as {
    shippingOptions: { id: string }[]
    totals: { total: unknown }
  }
  const placed = await call(url, 'order.place', {
    cartId,
    idempotencyKey: 'the-first',
    email: 'ada@example.com',
    shippingAddress,
    shippingOptionId: shippingOptions[0]?.id,
    expectedTotal: totals.total,
    payment: { methodId: 'card', token: 'pm_card_visa' },
  })
  const { order, accessToken } = placed.body.result.data as { order: { id: string }; accessToken: string }
  return { id: order.id, accessToken }
}

const untilPaid = (url: string, access: { id: string; accessToken: string }) =>
  waitFor(async () => (await call(url, 'order.get', access)).body.result.data['status'] === 'paid', {
    timeoutMs: 30_000,
    what: 'the order to be paid',
  })

describe('start', () => {
  test(
    'sells with a plain HTTP client, stops on Ctrl-C before its deadline leaving nothing, and finds its data again',
    { timeout: 90_000 },
    async () => {
      const metricsPort = String(await freePort())
      const first = await startShop({ METRICS_PORT: metricsPort })
      const access = await buySomething(first.url())
      await untilPaid(first.url(), access)
      // Paid by its wake-ups, not by the sweep.
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
      expect(metrics).toContain('holdfast_wake_ups_total{outcome="sent"}')
      expect(metrics).not.toContain('holdfast_wake_ups_total{outcome="lost"}')

      // At its deadline of less than 5 s it would be cut short with code 1.
      expect(await first.stop('SIGINT')).toBe(0)
      expect(first.output()).toContain('Stopped.')
      expect(processesOf(dataDir)).toEqual([])

      await using second = await startShop()
      expect((await call(second.url(), 'order.get', access)).body.result.data).toMatchObject({ status: 'paid' })
      expect(second.output()).not.toContain('Filled the empty shop')

      await using third = runProgram(['start', '--no-pages'], { env: { PORT: '0', DATA_DIR: dataDir } })
      expect(await third.ended()).toBe(1)
      expect(third.output()).toContain('Another shop')
      await second.stop()
    },
  )

  test(
    'after kill -9 of every process the next start works, and pays the order placed before',
    { timeout: 90_000 },
    async () => {
      const first = await startShop()
      const sandbox = /payment sandbox (\S+)/.exec(first.output())?.[1] ?? ''
      await fetch(`${sandbox}/_sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ mode: 'down', forMs: 60_000 }),
      })
      const access = await buySomething(first.url())
      for (const pid of [first.pid, ...processesOf(dataDir)]) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended with its parent.
        }
      }
      await first.ended()

      await using second = await startShop()
      await untilPaid(second.url(), access)
      await second.stop()
    },
  )

  test(
    'after kill -9 of the shop alone, the next start takes over its orphaned database',
    { timeout: 90_000 },
    async () => {
      const first = await startShop()
      const access = await buySomething(first.url())
      await first.kill()
      await using second = await startShop()
      await untilPaid(second.url(), access)
      await second.stop()
    },
  )
})

describe('a stop at a bad moment', () => {
  test(
    'Ctrl-C while the shop boots leaves no process behind, and the next start works',
    { timeout: 120_000 },
    async () => {
      await using first = runProgram(['start', '--no-pages'], { env: { PORT: '0', DATA_DIR: dataDir } })
      await waitFor(() => processesOf(dataDir).length > 0 || first.hasEnded(), {
        timeoutMs: 15_000,
        what: 'Postgres to be started',
      })
      await first.stop('SIGINT')
      // initdb may finish the work it has begun.
      await waitFor(() => processesOf(dataDir).length === 0, { timeoutMs: 30_000, what: 'every process to end' })
      await using second = await startShop()
      expect(await second.stop()).toBe(0)
    },
  )

  test('a terminal that closes, and a repeated signal, stop the shop gracefully', { timeout: 120_000 }, async () => {
    await using shop = await startShop()
    process.kill(shop.pid, 'SIGINT')
    expect(await shop.stop('SIGHUP')).toBe(0)
    expect(processesOf(dataDir)).toEqual([])
  })
})

describe('serve --processes', () => {
  test(
    'serves one port from several processes, replaces one that dies, and drains them all',
    { timeout: 120_000 },
    async () => {
      await using fleet = await startFleet()
      const server = await fleet.start(['serve', '--processes', '2'])
      const children = (): number[] =>
        listProcesses()
          .filter(({ parentPid }) => parentPid === server.pid)
          .map(({ pid }) => pid)
      expect(children()).toHaveLength(2)
      const [victim] = children()
      if (victim !== undefined) process.kill(victim, 'SIGKILL')
      await waitFor(() => children().length === 2 && !children().includes(victim ?? 0), {
        timeoutMs: 30_000,
        what: 'another process',
      })
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url()}/readyz`)))
      expect(answers.every(({ ok }) => ok)).toBe(true)
      expect(await server.stop()).toBe(0)
      expect(children()).toEqual([])
    },
  )
})
