import { tmpdir } from 'node:os'
import { randomUUID } from 'node:crypto'
import { TRPCError } from '@trpc/server'
import { createActors, type Actors } from '#actor'
import { loadConfig } from '#config'
import { openDatabase } from '#db'
import { AppError } from '#errors'
import { createEmailSender, createStripeProvider } from '#outbound'
import { seedCatalog } from '#product'
import type { Context, Session } from '#rpc'
import type { Services } from '#services'
import { createLog } from '#telemetry'
import { createOrderModule } from '../index.ts'

/** Test support: the order module with demo products on this database, in this process, while no worker runs. */
export async function openShop(
  testDatabase: AsyncDisposable & { url: string },
  env: Record<string, string> = {},
): Promise<Shop> {
  const log = createLog('silent')
  const config = loadConfig(env)
  const database = openDatabase({ url: testDatabase.url, poolSize: 6, log })
  const payments = createStripeProvider({
    url: 'http://127.0.0.1:9',
    secretKey: 'sk_test_nobody_calls',
    webhookSecret: undefined,
    timeoutMs: 500,
    log,
  })
  const email = createEmailSender({ smtpUrl: undefined, folder: tmpdir(), from: config.EMAIL_FROM, log })
  const secretKey = 'a secret of this test alone, 32 characters'
  const services: Services = { config, database, log, secretKey, payments, email, actors: () => actors }
  await seedCatalog(services)
  const module = createOrderModule(services)
  const actors: Actors = createActors({
    database,
    log,
    batching: { batchMax: 16, turnsMax: 3 },
    actors: module.actors,
    effects: module.effects,
    wake: () => undefined,
  })
  const { rows } = await database.pool.query<{ sku: string }>(
    'select sku from product.stock where available > 20 order by sku limit 20',
  )
  return {
    services,
    skus: rows.map(({ sku }) => sku),
    callAs: (caller, { address = '127.0.0.1', orderToken } = {}) => {
      const session: Session | null =
        caller === null ? null : { id: 's', userId: caller, email: 'ada@example.com', role: 'customer', locale: 'en' }
      const context: Context = {
        requestId: 'test',
        timeoutMs: 10_000,
        isReadOnly: false,
        address,
        log,
        sessionToken: undefined,
        session: async () => session,
        orderToken: () => orderToken,
        setCookie: () => undefined,
      }
      return module.router.createCaller(context)
    },
    sql: async (text, values = []) => (await database.pool.query<Record<string, unknown>>(text, values)).rows,
    async [Symbol.asyncDispose]() {
      await actors.stop()
      payments.close()
      email.close()
      await database.close()
      await testDatabase[Symbol.asyncDispose]()
    },
  }
}

type Caller = ReturnType<ReturnType<typeof createOrderModule>['router']['createCaller']>

export interface Shop extends AsyncDisposable {
  services: Services
  /** SKUs with more than 20 units. */
  skus: string[]
  /** Calls procedures as the customer of this id, or as a guest (null). */
  callAs(userId: string | null, from?: { address?: string; orderToken?: string }): Caller
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
}

/** A request that places this cart for a guest in London. */
export const placing = (cartId: string) => ({
  cartId,
  idempotencyKey: randomUUID(),
  email: 'ada@example.com',
  shippingAddress: { name: 'Ada Byron', line1: '12 Street', city: 'London', postalCode: 'W1G 0AA', country: 'GB' },
  shippingOptionId: 'standard',
  payment: { methodId: 'card', token: 'pm_card_visa' },
})

/** The error of the table that the caller receives; undefined when the call succeeds. */
export async function rejectionOf(call: Promise<unknown>): Promise<AppError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (!(error instanceof TRPCError && error.cause instanceof AppError)) throw error
    return error.cause
  }
}
