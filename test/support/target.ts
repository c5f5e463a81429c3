import { randomUUID } from 'node:crypto'
import { createClient, type Client } from '#client'
import { startFleet, type Fleet } from './fleet.ts'
import type { Program } from './program.ts'

/** A shop to be attacked: one server that logs all it can, and no limit on attempts that would end the attack. */
export interface Target extends AsyncDisposable {
  fleet: Fleet
  server: Program
  url: string
  /** Stands in whatever is secret or personal here, and must be in no log. */
  marker: string
  webhookSecret: string
  staff: Account
  customer: Account
  stranger: Account
  guest: Client
}

export interface Account {
  token: string
  client: Client
}

export async function startTarget(): Promise<Target> {
  await using taken = new AsyncDisposableStack()
  const webhookSecret = `whsec_${randomUUID()}`
  const attempts = { LOGIN_ATTEMPTS: '1000000', REGISTER_ATTEMPTS: '1000000' }
  const fleet = taken.use(await startFleet({ env: { ...attempts, PAYMENT_WEBHOOK_SECRET: webhookSecret, LOG_LEVEL: 'trace' } }))
  const server = await fleet.start(['serve'])
  const url = server.url()
  const marker = `marker${randomUUID().replaceAll('-', '')}`
  const guest = createClient({ url })
  const account = ({ token }: { token: string }): Account => ({ token, client: createClient({ url, token: () => token }) })
  const register = async (name: string): Promise<Account> =>
    account(await guest.user.register.mutate({ email: `${name}-${marker}@example.com`, password: `password-${marker}`, name: marker }))
  const staff = account(await guest.user.login.mutate({ email: 'staff@example.com', password: 'demo-staff' }))
  const customer = await register('customer')
  const stranger = await register('stranger')
  const kept = taken.move()
  return { fleet, server, url, marker, webhookSecret, staff, customer, stranger, guest, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
