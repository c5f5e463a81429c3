import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { z } from 'zod'
import { ReleaseError } from './release-error.ts'

export interface SmokeTarget {
  /** Public address of the shop: the name that the certificate is for. */
  shopUrl: string
  /** Host to connect to instead: green's own address. A port may follow after a colon. */
  host: string
  /** SKU to put into a cart; the first product that is available otherwise. */
  sku?: string | undefined
}

const timeoutMs = 10_000
const responseMaxBytes = 4 * 2 ** 20

const listSchema = z.object({ items: z.array(z.object({ slug: z.string() })) })
const productSchema = z.object({ variants: z.array(z.object({ sku: z.string() })).min(1) })
const cartSchema = z.object({ id: z.string() })
const quoteSchema = z.object({ totals: z.object({ total: z.unknown() }), shippingOptions: z.array(z.unknown()).min(1) })
const replySchema = z.object({ result: z.object({ data: z.unknown() }) })

/**
 * Smoke test and warm-up by an environment's own address: health, the page, the catalog, a cart and its quote. It stops
 * before `order.place`: it buys nothing and calls no payment provider.
 * @throws ReleaseError that names the step that failed
 */
export async function smokeTest(target: SmokeTarget): Promise<void> {
  await step('readiness', async () => void (await send(target, { path: '/readyz' })))
  await step('the page', async () => {
    const page = await send(target, { path: '/', headers: { accept: 'text/html' } })
    if (!/<script[^>]+\/assets\//.test(page)) throw new Error('the page has no program')
  })
  await step('metrics are private', async () => {
    const found = await send(target, { path: '/metrics' }).then(
      () => true,
      () => false,
    )
    if (found) throw new Error('/metrics is served to everybody')
  })
  const sku = await step('the catalog', async () => target.sku ?? (await firstSku(target)))
  const cart = await step('a cart', async () =>
    cartSchema.parse(await mutate(target, 'order.cart.create', { lines: [{ sku, quantity: 1 }] })),
  )
  await step('a quote', async () =>
    quoteSchema.parse(await mutate(target, 'order.checkout', { cartId: cart.id, shippingAddress: address })),
  )
}

/** An address that no parcel is sent to. */
const address = {
  name: 'Smoke test',
  line1: '12 Analytical Street',
  city: 'London',
  postalCode: 'W1G 0AA',
  country: 'GB',
}

async function firstSku(target: SmokeTarget): Promise<string> {
  const { items } = listSchema.parse(await query(target, 'product.list', {}))
  const [first] = items
  if (first === undefined) throw new Error('the catalog is empty: set smokeSku, or add a product')
  const product = productSchema.parse(await query(target, 'product.get', { slug: first.slug }))
  return product.variants[0]?.sku ?? ''
}

async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'the answer has another form' : (error as Error).message
    throw new ReleaseError(`The smoke test failed at ${name}: ${reason}.`, {
      remedy: 'Look at the logs of the new environment, mend the cause, then `release rollback` and deploy again.',
      cause: error,
    })
  }
}

const query = async (target: SmokeTarget, path: string, input: unknown): Promise<unknown> =>
  dataOf(await send(target, { path: `/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}` }))

const mutate = async (target: SmokeTarget, path: string, input: unknown): Promise<unknown> =>
  dataOf(await send(target, { path: `/trpc/${path}`, method: 'POST', body: JSON.stringify(input) }))

const dataOf = (text: string): unknown => replySchema.parse(JSON.parse(text)).result.data

interface Call {
  path: string
  method?: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
}

/** Connects to `host`, with the name of the shop in TLS and in the Host header. @returns the body of a 2xx response */
function send({ shopUrl, host }: SmokeTarget, { path, method = 'GET', headers = {}, body }: Call): Promise<string> {
  const shop = new URL(shopUrl)
  const location = new URL(`${shop.protocol}//${host}`)
  const options: RequestOptions = {
    host: location.hostname,
    port: location.port === '' ? undefined : location.port,
    path,
    method,
    servername: shop.hostname,
    headers: {
      host: shop.host,
      'user-agent': 'holdfast-release',
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    timeout: timeoutMs,
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const request = (shop.protocol === 'https:' ? httpsRequest : httpRequest)(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > responseMaxBytes) request.destroy(new Error('the answer is too large'))
      })
      response.on('error', reject)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        if (status >= 200 && status < 300) resolve(text)
        else reject(new Error(`${method} ${path.split('?')[0]} answered ${status}`))
      })
    })
    request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)))
    request.on('error', reject)
    request.end(body)
  })
}
