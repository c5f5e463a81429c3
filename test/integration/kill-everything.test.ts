import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createClient, type Client, type Inputs, type Outputs } from '#client'
import { databaseFolder, withRetries, listProcesses, placeRequest, startProgram, waitFor, type Program } from '#test'

/** Power loss while the shop sells: every process dies in the same moment, and `npm start` recovers. */

type Placed = Extract<Outputs['order']['place'], { outcome: 'placed' }>
type Request = Inputs['order']['place']

/** The process and its descendants: web, worker, the payment sandbox, Postgres and its backends. */
function familyOf(pid: number): number[] {
  const all = listProcesses()
  const family = [pid]
  for (const parent of family)
    family.push(...all.filter(({ parentPid }) => parentPid === parent).map(({ pid: child }) => child))
  return family
}

const startShop = (dataDir: string): Promise<Program> =>
  startProgram(['start', '--no-pages'], { env: { PORT: '0', DATA_DIR: dataDir }, timeoutMs: 60_000 })

const newCart = async (client: Client, sku: string): Promise<Request> =>
  placeRequest((await client.order.cart.create.mutate({ currency: 'USD', lines: [{ sku, quantity: 1 }] })).id)

test(
  'kill -9 of every process under load: after npm start every acknowledged order exists and settles',
  { timeout: 180_000 },
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-power-'))
    await using cleanUp = new AsyncDisposableStack()
    cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }))
    cleanUp.defer(() => rm(databaseFolder(dataDir), { recursive: true, force: true }))
    await using shop = await startShop(dataDir)
    const before = createClient({ url: shop.url() })
    const found = await withRetries(() => before.product.list.query({ limit: 100, currency: 'USD' }))
    const products = await Promise.all(
      found.items.map(({ slug }) => withRetries(() => before.product.get.query({ slug, currency: 'USD' }))),
    )
    const skus = products.flatMap(({ variants }) => variants.filter(({ available }) => available >= 40))

    const acknowledged: Placed[] = []
    const unanswered: Request[] = []
    let isOver = false
    const shopping = Array.from({ length: 12 }, async (_, buyer) => {
      for (let round = 0; !isOver; round += 1) {
        const sku = skus[(buyer + round * 12) % skus.length]?.sku ?? ''
        const request = await newCart(before, sku).catch(() => undefined)
        if (request === undefined) continue
        const answer = await before.order.place.mutate(request).catch(() => undefined)
        if (answer?.outcome === 'placed') acknowledged.push(answer)
        else if (answer === undefined) unanswered.push(request)
      }
    })
    await waitFor(() => acknowledged.length >= 150, { timeoutMs: 60_000, what: '150 orders' })
    for (const pid of familyOf(shop.pid)) process.kill(pid, 'SIGKILL')
    await shop.ended()
    isOver = true
    await Promise.all(shopping)

    await using again = await startShop(dataDir)
    const after = createClient({ url: again.url() })
    for (const request of unanswered) {
      const answer = await withRetries(() => after.order.place.mutate(request))
      if (answer.outcome === 'placed') acknowledged.push(answer)
    }
    expect(new Set(acknowledged.map(({ order }) => order.number)).size).toBe(acknowledged.length)
    for (const { order, accessToken } of acknowledged) {
      const isPaid = async () => (await after.order.get.query({ id: order.id, accessToken })).status === 'paid'
      await waitFor(isPaid, { timeoutMs: 60_000, what: `order ${order.number} to be paid` })
    }
    expect(await again.stop()).toBe(0)
  },
)
