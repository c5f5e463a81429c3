import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { expect } from 'vitest'
import { createClient, type Client } from '#client'
import { tableDigests, findProblems, type Attack, type Expected } from './attack.ts'
import { createBuyer } from './buyer.ts'
import { startFleet, type Fleet } from './fleet.ts'
import type { Program } from './program.ts'

/** A shop to attack: one server at the most verbose log level, without rate limits that would end the attack. */
export interface Target extends AsyncDisposable {
  fleet: Fleet
  server: Program
  url: string
  /** Part of every secret and personal datum of the target; must be in no log. */
  marker: string
  webhookSecret: string
  staff: Account
  customer: Account
  stranger: Account
  guest: Client
}

interface Account {
  token: string
  client: Client
}

export async function startTarget(): Promise<Target> {
  await using taken = new AsyncDisposableStack()
  const webhookSecret = `whsec_${randomUUID()}`
  const attempts = { LOGIN_ATTEMPTS: '1000000', REGISTER_ATTEMPTS: '1000000' }
  const started = taken.use(
    await startFleet({ env: { ...attempts, PAYMENT_WEBHOOK_SECRET: webhookSecret, LOG_LEVEL: 'trace' } }),
  )
  // The end of a pool does not wait for its connections, which Postgres would break when it stops right after.
  const database = new pg.Client({ connectionString: started.databaseUrl })
  await database.connect()
  taken.defer(() => database.end())
  const fleet: Fleet = { ...started, query: async (sql, values) => (await database.query(sql, values)).rows }
  const server = await fleet.start(['serve'])
  const url = server.url()
  const marker = `marker${randomUUID().replaceAll('-', '')}`
  const guest = createClient({ url })
  const account = ({ token }: { token: string }): Account => ({
    token,
    client: createClient({ url, token: () => token }),
  })
  const register = async (name: string): Promise<Account> =>
    account(
      await guest.user.register.mutate({
        email: `${name}-${marker}@example.com`,
        password: `password-${marker}`,
        name: marker,
      }),
    )
  const staff = account(await guest.user.login.mutate({ email: 'staff@example.com', password: 'demo-staff' }))
  const customer = await register('customer')
  const stranger = await register('stranger')
  const kept = taken.move()
  return {
    fleet,
    server,
    url,
    marker,
    webhookSecret,
    staff,
    customer,
    stranger,
    guest,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Asserts that each attack is rejected as expected and that no table has changed. `expected` applies to all, besides an attack's own. */
export async function expectRejected(
  { fleet, url }: Target,
  attacks: readonly Attack[],
  expected: Expected = {},
): Promise<void> {
  expect(attacks).not.toEqual([])
  const before = await tableDigests(fleet)
  const all = attacks.map((attack) => ({ ...attack, expected: { ...expected, ...attack.expected } }))
  expect(await findProblems(url, all)).toEqual([])
  expect(await tableDigests(fleet)).toEqual(before)
}

/** Resources that attacks aim at: carts of one line each, and a guest's order. */
export interface ProtectedResources {
  sku: string
  customerCartId: string
  guestCartId: string
  orderedCartId: string
  order: { id: string; accessToken: string }
}

export async function createProtectedResources({ fleet, customer, guest, url }: Target): Promise<ProtectedResources> {
  const [row] = await fleet.query<{ sku: string }>(
    'select sku from product.stock where available > 5 order by sku limit 1',
  )
  const lines = [{ sku: row?.sku ?? '', quantity: 1 }]
  const { id: customersCart } = await customer.client.order.cart.create.mutate({ lines })
  const { id: guestsCart } = await guest.order.cart.create.mutate({ lines })
  const { id: orderedCart } = await guest.order.cart.create.mutate({ lines })
  const placed = await createBuyer(url).place(orderedCart)
  if (placed.outcome !== 'placed') throw new Error(`not placed: ${placed.reason}`)
  const order = { id: placed.order.id, accessToken: placed.accessToken }
  return {
    sku: row?.sku ?? '',
    customerCartId: customersCart,
    guestCartId: guestsCart,
    orderedCartId: orderedCart,
    order,
  }
}
