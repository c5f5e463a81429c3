import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import Stripe from 'stripe'
import { startSandbox } from '#sandbox'
import type { Money } from '#schemas'
import type { PaymentProvider, ProviderMovement } from './provider.ts'
import { createStripeProvider } from './stripe.ts'

/** Test support: the adapter with the real SDK, connected to a sandbox provider of its own. */
export interface TestProvider extends AsyncDisposable {
  payments: PaymentProvider
  /** Direct access to the same account, as through the provider's dashboard. */
  stripe: Stripe
  control<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body>
  /** Replaces the active faults; without an argument the provider works again. */
  fault(fault?: Record<string, unknown>): Promise<void>
  /** The provider's own ledger entry of its only payment. */
  ledgerEntry(): Promise<Record<string, unknown>>
  /** The webhooks delivered so far, in order. */
  deliveries: Delivery[]
}

export interface Delivery {
  body: Buffer
  signature: string | undefined
}

export const webhookSecret = 'whsec_test_0123456789'
export const eur = (amount: number): Money => ({ amount, currency: 'EUR' })

const secretKey = 'sk_test_adapter'

/** @param options.shopKey API key of the shop; default: the right one */
export async function startTestProvider(options: { timeoutMs?: number; shopKey?: string } = {}): Promise<TestProvider> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-payment-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const receiver = await startReceiver()
  stack.defer(receiver.close)
  const webhook = { url: receiver.url, secret: webhookSecret }
  const sandbox = await startSandbox({ port: 0, dataDir, apiKey: secretKey, webhook })
  stack.defer(() => sandbox.close())
  const { timeoutMs = 5_000, shopKey = secretKey } = options
  const log = pino({ level: 'silent' })
  const payments = createStripeProvider({ secretKey: shopKey, webhookSecret, url: sandbox.url, timeoutMs, log })
  stack.defer(() => payments.close())
  const stripe = new Stripe(secretKey, { host: '127.0.0.1', port: sandbox.port, protocol: 'http', telemetry: false })

  const control = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? null : JSON.stringify(body)
    const response = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, headers, body: text })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return (await response.json()) as Body
  }
  const resources = stack.move()
  return {
    payments,
    stripe,
    control,
    deliveries: receiver.deliveries,
    async fault(fault) {
      await control('DELETE', 'faults')
      if (fault !== undefined) await control('POST', 'faults', fault)
    },
    async ledgerEntry() {
      const { data } = await control<{ data: Record<string, unknown>[] }>('GET', 'ledger')
      const [only] = data
      if (only === undefined || data.length > 1)
        throw new Error(`the provider has ${data.length} payments, expected one`)
      return only
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Opens a payment (default: 100.00 EUR) for `orderId` and confirms it with a good card. */
export async function pay(
  payments: PaymentProvider,
  options: { orderId?: string; capture?: 'now' | 'later'; amount?: Money } = {},
): Promise<string> {
  const { orderId = 'order-1', capture = 'now', amount = eur(10_000) } = options
  const { intentId } = await payments.open({ orderId, amount, capture, key: `${orderId}:open` })
  await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: `${orderId}:confirm` })
  return intentId
}

/** All pages of the provider's movements. */
export async function allMovements(payments: PaymentProvider, from: Date, to: Date): Promise<ProviderMovement[]> {
  const movements: ProviderMovement[] = []
  let page: Awaited<ReturnType<PaymentProvider['listMovements']>> = await payments.listMovements({ from, to })
  movements.push(...page.movements)
  while (page.nextCursor !== null) {
    page = await payments.listMovements({ from, to, cursor: page.nextCursor })
    movements.push(...page.movements)
  }
  return movements
}

async function startReceiver() {
  const deliveries: Delivery[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const signature = request.headers['stripe-signature']
      deliveries.push({ body: Buffer.concat(chunks), signature: typeof signature === 'string' ? signature : undefined })
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhooks/payment`,
    deliveries,
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
