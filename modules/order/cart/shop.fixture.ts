import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TRPCError } from '@trpc/server'
import { pino } from 'pino'
import { createActors, type Actors } from '#actor'
import { loadConfig } from '#config'
import { openDatabase } from '#db'
import { AppError } from '#errors'
import { createEmailSender, createStripeProvider } from '#outbound'
import { seedCatalog } from '#product'
import { createRateLimits } from '#rate-limit'
import { startSandbox } from '#sandbox'
import type { Context, Session } from '#rpc'
import type { Services } from '#services'
import { createLog, describeError } from '#telemetry'
import { createOrderModule } from '../index.ts'

const apiKey = 'sk_test_order_module'

/**
 * Test support: the order module with demo products on this database, and a sandbox provider, in this process. No worker
 * runs: `work` handles the messages that are due.
 */
export async function openShop(
  testDatabase: AsyncDisposable & { url: string },
  env: Record<string, string> = {},
): Promise<Shop> {
  await using stack = new AsyncDisposableStack()
  stack.use(testDatabase)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-order-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox'), apiKey })
  stack.defer(() => sandbox.close())
  const logged: string[] = []
  const log = pino({ serializers: { err: describeError } }, { write: (line: string) => void logged.push(line) })
  const config = loadConfig({ SHOP_URL: 'https://shop.example', ...env })
  const database = openDatabase({ url: testDatabase.url, poolSize: 6, log: createLog('silent') })
  stack.defer(() => database.close())
  const payments = createStripeProvider({
    url: sandbox.url,
    secretKey: apiKey,
    webhookSecret: undefined,
    timeoutMs: 5_000,
    log,
  })
  stack.defer(() => payments.close())
  const emails = join(folder, 'emails')
  const email = createEmailSender({ folder: emails, from: config.EMAIL_FROM, senderName: config.SHOP_NAME, log })
  stack.defer(() => email.close())
  const secretKey = 'a secret of this test alone, 32 characters'
  const rateLimits = createRateLimits({ redisUrl: undefined, secretKey, log })
  stack.defer(() => rateLimits.close())
  const services: Services = { config, database, log, rateLimits, secretKey, payments, email, actors: () => actors }
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
  stack.defer(() => actors.stop())
  const { rows } = await database.pool.query<{ sku: string }>(
    'select sku from product.stock where available > 20 order by sku limit 20',
  )
  const kept = stack.move()
  return {
    services,
    skus: rows.map(({ sku }) => sku),
    callAs: (caller, { address = '127.0.0.1', orderToken, role = 'customer', cookies = [] } = {}) => {
      const session: Session | null =
        caller === null ? null : { id: 's', userId: caller, email: 'ada@example.com', role, locale: 'en' }
      const context: Context = {
        requestId: 'test',
        timeoutMs: 10_000,
        isReadOnly: false,
        address,
        log,
        sessionToken: undefined,
        deviceToken: undefined,
        userAgent: undefined,
        session: async () => session,
        orderToken: () => orderToken,
        locale: () => 'en' as const,
        setCookie: (cookie) => void cookies.push(cookie),
      }
      return module.router.createCaller(context)
    },
    sql: async (text, values = []) => (await database.pool.query<Record<string, unknown>>(text, values)).rows,
    async work() {
      for (;;) {
        const due = await database.pool.query<{ kind: string; id: string }>(
          'select distinct kind, actor_id as id from actor.mailbox where due_at <= now() and kind <> $1',
          ['reconciliation'],
        )
        if (due.rows.length === 0) return
        for (const { kind, id } of due.rows) await actors.handle(kind, [id])
      }
    },
    logged: () => logged.map((line) => JSON.parse(line) as Record<string, unknown>),
    async emails() {
      const names: string[] = await readdir(emails).catch(() => [])
      return Promise.all(names.map((name) => readFile(join(emails, name), 'utf8')))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

type Caller = ReturnType<ReturnType<typeof createOrderModule>['router']['createCaller']>

interface CallerOptions {
  address?: string
  orderToken?: string
  role?: Session['role']
  /** Receives the names of the cookies that are set. */
  cookies?: string[]
}

export interface Shop extends AsyncDisposable {
  services: Services
  /** SKUs with more than 20 units. */
  skus: string[]
  /** Calls procedures as the customer of this id, or as a guest (null). */
  callAs(userId: string | null, from?: CallerOptions): Caller
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** Handles all messages that are due, until none is. */
  work(): Promise<void>
  /** Lines logged so far. */
  logged(): Record<string, unknown>[]
  /** Emails sent so far, as written to their folder. */
  emails(): Promise<string[]>
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
