import { createHmac } from 'node:crypto'
import { createClient, type Client, type Outputs } from '#client'
import { freePort } from '#lib/free-port'
import { createBuyer, type Buyer } from './buyer.ts'
import { startFleet, type Fleet, type LedgerEntry } from './fleet.ts'
import { waitFor } from './wait-for.ts'

/** A shop with one server and one worker, whose payment provider sends webhooks, and its staff. */
export interface TestShop extends AsyncDisposable {
  fleet: Fleet
  ada: Buyer
  admin: Client['order']['admin']
  order(access: Access): Promise<Outputs['order']['get']>
  /** Places an order of one line. */
  createOrder(token: string, quantity?: number): Promise<{ access: Access; sku: string; total: number }>
  /** Places an order and waits until it is paid. */
  createPaidOrder(quantity: number): Promise<{ access: Access; sku: string; total: number; intentId: string }>
  intentOf(orderId: string): Promise<string>
  stockOf(sku: string): Promise<{ available: number; reserved: number } | undefined>
  /** Waits for the condition; one that throws is retried. */
  until(condition: () => Promise<boolean>): Promise<void>
  /** Calls the sandbox's control API. */
  controlSandbox<Answer>(path: string, body: object): Promise<Answer>
  /** Calls the provider's API, as another program on the same account does. */
  callProvider(path: string, form: Record<string, string>): Promise<void>
  /** Removes all faults. */
  clearFaults(): Promise<void>
  /** Adds a fault to those that are set. */
  addFault(fault: Record<string, unknown>): Promise<void>
  /** Delivers a forged webhook with a valid signature. @returns the status of the response */
  sendWebhook(body: string): Promise<number>
  /** The provider's ledger of an order. */
  ledgerOf(orderId: string): Promise<LedgerEntry[]>
  /** Waits until the provider has no webhook to deliver. */
  untilWebhooksDelivered(): Promise<void>
}

interface Access {
  id: string
  accessToken: string
}

export async function startTestShop(env: Record<string, string> = {}): Promise<TestShop> {
  const port = String(await freePort())
  const webhook = { url: `http://127.0.0.1:${port}/webhooks/payment`, secret: 'whsec_of_this_life' }
  const fleet = await startFleet({ webhook, env: { PAYMENT_TIMEOUT_MS: '2000', ...env } })
  const [server] = await Promise.all([fleet.start(['serve'], { PORT: port }), fleet.start(['worker'])])
  const url = server.url()
  const ada = createBuyer(url)
  const login = { email: 'staff@example.com', password: 'demo-staff' }
  const { token } = await createClient({ url }).user.login.mutate(login)
  const staff = createClient({ url, token: () => token })

  const order = (access: Access) => ada.client.order.get.query(access)
  const until = async (condition: () => Promise<boolean>): Promise<void> =>
    void (await waitFor(() => condition().catch(() => false), { timeoutMs: 20_000, what: condition.toString() }))
  const ofOrder = async <Row extends object>(sql: string, value: string): Promise<Row | undefined> =>
    (await fleet.query<Row>(sql, [value]))[0]

  async function sandbox<Answer>(path: string, body: object): Promise<Answer> {
    const answer = await fetch(`${fleet.sandboxUrl}/_sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Answer
  }

  async function placed(cardToken: string, quantity = 1) {
    const [row] = await fleet.query<{ sku: string }>(
      'select sku from product.stock where available >= 10 and reserved = 0 order by random() limit 1',
    )
    if (row === undefined) throw new Error('no stock')
    const answer = await ada.place(await ada.createCart([{ sku: row.sku, quantity }]), {
      payment: { methodId: 'card', token: cardToken },
    })
    if (answer.outcome !== 'placed') throw new Error(`not placed: ${answer.reason}`)
    const access = { id: answer.order.id, accessToken: answer.accessToken }
    return { access, sku: row.sku, total: answer.order.totals.total.amount }
  }

  const intentOf = async (orderId: string): Promise<string> =>
    (await ofOrder<{ id: string }>('select intent_id as id from "order".payment where order_id = $1', orderId))?.id ??
    ''

  return {
    fleet,
    ada,
    admin: staff.order.admin,
    order,
    createOrder: placed,
    async createPaidOrder(quantity) {
      const one = await placed('pm_card_visa', quantity)
      await until(async () => (await order(one.access)).status === 'paid')
      return { ...one, intentId: await intentOf(one.access.id) }
    },
    intentOf,
    stockOf: (sku) => ofOrder('select available, reserved from product.stock where sku = $1', sku),
    until,
    controlSandbox: sandbox,
    async callProvider(path, form) {
      const answer = await fetch(`${fleet.sandboxUrl}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${fleet.env['PAYMENT_SECRET_KEY']}` },
        body: new URLSearchParams(form),
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    clearFaults: () => fleet.clearFaults(),
    addFault: async (fault) => void (await sandbox('faults', fault)),
    async sendWebhook(body) {
      const at = Math.floor(Date.now() / 1000)
      const mac = createHmac('sha256', webhook.secret).update(`${at}.${body}`).digest('hex')
      const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${mac}` }
      return (await fetch(webhook.url, { method: 'POST', headers, body })).status
    },
    ledgerOf: async (orderId) => (await fleet.ledger()).filter(({ metadata }) => metadata['order_id'] === orderId),
    untilWebhooksDelivered: () =>
      until(async () => {
        const answer = await fetch(`${fleet.sandboxUrl}/_sandbox/summary`)
        return ((await answer.json()) as { webhooks_pending: number }).webhooks_pending === 0
      }),
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}
