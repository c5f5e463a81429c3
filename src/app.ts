import { join } from 'node:path'
import { createActors, type Actors } from '#actor'
import type { Config } from '#config'
import { openDatabase, type Database } from '#db'
import { createOrderModule } from '#order'
import { createMailSender, createStripeProvider, type PaymentEvent, type PaymentProvider } from '#outbound'
import { catalogIsEmpty, createProductModule, importCatalog, seedCatalog } from '#product'
import { createWaker, type QueueOptions } from '#queue'
import { router, type Session } from '#rpc'
import type { Services } from '#services'
import type { Logger } from '#telemetry'
import { createUserModule, seedAccounts } from '#user'
import { housekeepingMail, createHousekeeping } from './housekeeping.ts'
import { demoAccounts } from './demo-accounts.ts'

/** The composition root: the only file that knows the modules. */
export interface App {
  readonly services: Services
  readonly router: AppRouter
  readonly actors: Actors
  readonly queue: QueueOptions
  authenticate(token: string): Promise<Session | null>
  /** Reads and verifies a webhook of the payment provider, and tells the order. */
  readonly payments: PaymentProvider
  notePayment(event: PaymentEvent): Promise<void>
  /** How often what public answers are made from has changed, by tag. */
  readVersions(): Promise<ReadonlyMap<string, number>>
  /** Makes sure that what recurs is scheduled; once however many processes ask. */
  schedule(): Promise<void>
  close(): Promise<void>
}

/** What the program was given at boot beside its configuration. */
export interface AppResources {
  config: Config
  log: Logger
  databaseUrl: string
  secretKey: string
  payment: { url: string | undefined; secretKey: string; webhookSecret: string | undefined }
}

function createModules(services: Services) {
  return {
    product: createProductModule(services),
    user: createUserModule(services),
    order: createOrderModule(services),
  }
}

function createRouter({ product, user, order }: ReturnType<typeof createModules>) {
  return router({ product: product.router, user: user.router, order: order.router })
}

export type AppRouter = ReturnType<typeof createRouter>

export function createApp({ config, log, databaseUrl, secretKey, payment }: AppResources): App {
  const database: Database = openDatabase({
    url: databaseUrl,
    poolSize: config.DATABASE_POOL,
    isReadOnly: config.READ_ONLY,
    log,
  })
  const payments = createStripeProvider({ ...payment, timeoutMs: config.PAYMENT_TIMEOUT_MS, log })
  const mail = createMailSender({
    smtpUrl: config.SMTP_URL,
    folder: join(config.DATA_DIR, 'mail'),
    from: config.MAIL_FROM,
    log,
  })
  const services: Services = { config, database, log, secretKey, payments, mail, actors: () => actors }
  const modules = createModules(services)
  const housekeeping = createHousekeeping({ database, log, cleaners: [modules.user.cleanUp, modules.order.cleanUp] })

  const queue: QueueOptions = { redisUrl: config.REDIS_URL, databaseUrl, log }
  const kinds = [...modules.order.actors, ...modules.order.effects, housekeeping].map(({ kind }) => kind)
  const waker = createWaker(queue, kinds)
  const actors = createActors({
    database,
    log,
    actors: modules.order.actors,
    effects: [...modules.order.effects, housekeeping],
    wake: (woken) => waker.wake(woken),
  })

  return {
    services,
    router: createRouter(modules),
    actors,
    queue,
    payments,
    authenticate: (token) => modules.user.authenticate(token),
    notePayment: (event) => modules.order.notePayment(event),
    readVersions: () => modules.product.readVersions(),
    schedule: () => actors.schedule(housekeepingMail()),
    async close() {
      await actors.stop()
      await waker.close()
      mail.close()
      payments.close()
      await database.close()
    },
  }
}

/** Fills an empty shop with demo products and accounts. @returns whether it was empty */
export async function seed({ services }: App, { force = false } = {}): Promise<boolean> {
  if (!force && !(await catalogIsEmpty(services.database.query))) return false
  await seedCatalog(services)
  await seedAccounts(services, demoAccounts)
  return true
}

export { demoAccounts, importCatalog }
