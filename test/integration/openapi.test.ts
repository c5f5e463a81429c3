import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Validator, type SpecData } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFleet, type Fleet } from '#test'
import { describeApi } from '../../src/openapi/describe-api.ts'

/** The description of the API as a foreign project uses it: fetched from a shop, made into a client, with which it buys. */

const root = fileURLToPath(new URL('../../', import.meta.url))
let project: string
let fleet: Fleet
let url: string
let description: string

/** @throws with the whole output of the program */
const run = (args: string[], cwd = project): Promise<string> =>
  promisify(execFile)(process.execPath, args, { cwd, maxBuffer: 1e8 }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) =>
      expect.fail(`${args.join(' ')} failed:\n${error.stdout}\n${error.stderr}`),
  )

/** Written against nothing but the description. */
const program = `
import createClient from 'openapi-fetch'
import type { paths } from './api.d.ts'

const { GET, POST } = createClient<paths>({ baseUrl: process.argv[2] ?? '' })
const fail = (what: unknown): never => { throw new Error(JSON.stringify(what)) }

const listed = await GET('/trpc/product.list', { params: { query: { input: JSON.stringify({ limit: 20, currency: 'USD' }) } } })
const card = listed.data?.result.data.items.find(({ available }) => available) ?? fail(listed)
const got = await POST('/trpc/product.get', { body: { slug: card.slug, currency: 'USD' } })
const variant = got.data?.result.data.variants.find(({ available }) => available !== 0) ?? fail(got)

const created = await POST('/trpc/order.cart.create', { body: { currency: 'USD', lines: [{ sku: variant.sku, quantity: 1 }] } })
const cart = created.data?.result.data ?? fail(created)
const shippingAddress = { name: 'Ann Lee', line1: '1 Main Street', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' }
const quoted = await POST('/trpc/order.checkout', { body: { cartId: cart.id, shippingAddress } })
const { shippingOptions, totals } = quoted.data?.result.data ?? fail(quoted)
const placed = await POST('/trpc/order.place', {
  body: {
    cartId: cart.id,
    idempotencyKey: crypto.randomUUID(),
    expectedTotal: totals.total,
    email: 'ann@example.com',
    shippingAddress,
    shippingOptionId: shippingOptions[0]?.id ?? fail(quoted),
    payment: { methodId: 'card', token: 'pm_card_visa' },
  },
})
const answer = placed.data?.result.data
if (answer?.outcome !== 'placed') throw fail(placed)
const { order, accessToken } = answer

const watched = await GET('/trpc/order.watch', {
  params: { query: { input: JSON.stringify({ id: order.id }) } },
  headers: { 'x-order-token': accessToken },
  parseAs: 'stream',
})
let events = ''
for await (const chunk of (watched.data ?? fail(watched)) as unknown as ReadableStream<Uint8Array>) {
  events += new TextDecoder().decode(chunk)
  if (events.includes('"status":"paid"')) break
}

const { data } = await POST('/trpc/order.get', { body: { id: order.id, accessToken } })
const stranger = await GET('/trpc/order.get', {
  params: { query: { input: JSON.stringify({ id: order.id }) }, header: { 'accept-language': 'zh' } },
})
console.log(JSON.stringify({
  status: data?.result.data.status,
  lines: data?.result.data.lines.map(({ sku, quantity }) => sku === variant.sku && quantity),
  stranger: stranger.error?.error.data.error,
  message: stranger.error?.error.message,
}))
process.exit()
`

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-openapi-'))
  fleet = await startFleet()
  const [server] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
  url = server.url()
  description = await (await fetch(`${url}/openapi.json`)).text()
  await writeFile(join(project, 'openapi.json'), description)
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }')
  await writeFile(join(project, 'buy.ts'), program)
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers', '@types/node', 'undici-types'])
    await cp(join(root, 'node_modules', name), join(project, 'node_modules', name), { recursive: true })
})

afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  await rm(project, { recursive: true, force: true })
})

test('the description is that of the contracts: run `npm run build:openapi` after changing one', async () => {
  const stored: unknown = JSON.parse(await readFile(join(root, 'src/http/openapi.json'), 'utf8'))
  expect(stored).toEqual(JSON.parse(JSON.stringify(await describeApi())))
}, 120_000)

test('the description is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate(JSON.parse(description) as SpecData)).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('the description can be cached and is sent once', async () => {
  const first = await fetch(`${url}/openapi.json`)
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'content-type': 'application/json',
    'cache-control': expect.stringContaining('public') as string,
  })
  const again = await fetch(`${url}/openapi.json`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe('')
})

test('a client that is generated from the description type-checks and buys', async () => {
  const generator = join(root, 'src/openapi/node_modules/openapi-typescript/bin/cli.js')
  await run([generator, 'openapi.json', '--output', 'api.d.ts'])
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  expect(await run([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'])).toBe('')
  expect(JSON.parse(await run(['buy.ts', url]))).toEqual({
    status: 'paid',
    lines: [1],
    stranger: 'not_found',
    message: '没有此订单，或该订单不属于您。',
  })
})
