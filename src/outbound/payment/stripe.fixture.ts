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

/** For the tests of this folder: the adapter, through the real SDK, before a sandbox provider of its own. */
export interface TestProvider extends AsyncDisposable {
  payments: PaymentProvider
  /** The same account as staff use it, past the adapter. */
  stripe: Stripe
  control<Answer = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer>
  /** Switches a fault on, in place of what was on before; none heals the provider. */
  fault(fault?: Record<string, unknown>): Promise<void>
  /** What the provider itself knows of its only payment. */
  truth(): Promise<Record<string, unknown>>
  /** Webhooks that the provider has delivered, as they came. */
  deliveries: Delivery[]
}

export interface Delivery {
  body: Buffer
  signature: string | undefined
}

export const webhookSecret = 'whsec_test_0123456789'
export const eur = (amount: number): Money => ({ amount, currency: 'EUR' })

const secretKey = 'sk_test_adapter'

/** @param shopKey what the shop says its key is; the right one unless given */
export async function testProvider(options: { timeoutMs?: number; shopKey?: string } = {}): Promise<TestProvider> {
  await using taken = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-payment-'))
  taken.defer(() => rm(dataDir, { recursive: true, force: true }))
  const receiver = await startReceiver()
  taken.defer(receiver.close)
  const webhook = { url: receiver.url, secret: webhookSecret }
  const sandbox = await startSandbox({ port: 0, dataDir, apiKey: secretKey, webhook })
  taken.defer(() => sandbox.close())
  const { timeoutMs = 5_000, shopKey = secretKey } = options
  const log = pino({ level: 'silent' })
  const payments = createStripeProvider({ secretKey: shopKey, webhookSecret, url: sandbox.url, timeoutMs, log })
  taken.defer(() => payments.close())
  const stripe = new Stripe(secretKey, { host: '127.0.0.1', port: sandbox.port, protocol: 'http', telemetry: false })

  const control = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? null : JSON.stringify(body)
    const response = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, headers, body: text })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return (await response.json()) as Answer
  }
  const kept = taken.move()
  return {
    payments,
    stripe,
    control,
    deliveries: receiver.deliveries,
    async fault(fault) {
      await control('DELETE', 'faults')
      if (fault !== undefined) await control('POST', 'faults', fault)
    },
    async truth() {
      const { data } = await control<{ data: Record<string, unknown>[] }>('GET', 'ledger')
      const [only] = data
      if (only === undefined || data.length > 1) throw new Error(`the provider knows ${data.length} payments`)
      return only
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Opens a payment of 100.00 EUR for `orderId`, and confirms it with a good card. */
export async function pay(
  payments: PaymentProvider,
  options: { orderId?: string; capture?: 'now' | 'later'; amount?: Money } = {},
): Promise<string> {
  const { orderId = 'order-1', capture = 'now', amount = eur(10_000) } = options
  const { intentId } = await payments.open({ orderId, amount, capture, key: `${orderId}:open` })
  await payments.confirm({ intentId, token: 'pm_card_visa', returnUrl: null, key: `${orderId}:confirm` })
  return intentId
}

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
