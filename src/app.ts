import { join } from 'node:path'
import { createActors, deadLetterUnreadable, deleteOldDeadLetters, type Actors } from '#actor'
import type { Config } from '#config'
import { openDatabase, type Database } from '#db'
import { BootError } from '#errors'
import { truncateExpiredReplies } from '#idempotency'
import { settledWithin } from '#lib/deadline'
import { createOrderModule, shippingCountries } from '#order'
import { createEmailSender, createStripeProvider, type PaymentEvent, type PaymentProvider } from '#outbound'
import { createHousekeeping, createPlatformRouter, housekeepingSchedule } from '#platform'
import { isCatalogEmpty, createProductModule, importCatalog, seedCatalog } from '#product'
import { createWakeUpProducer, type QueueOptions, type WakeUpProducer } from '#queue'
import { createRateLimits } from '#rate-limit'
import { router, type Session } from '#rpc'
import type { Services } from '#services'
import { createShopRouter } from '#shop'
import type { Logger } from '#telemetry'
import { createStaffAccounts, createUserModule, recordAudit, seedAccounts, type StaffAccounts } from '#user'
import { demoAccounts } from './demo-accounts.ts'

/** Composition root: the only file that imports the modules. */
export interface App {
  readonly services: Services
  readonly router: AppRouter
  readonly actors: Actors
  readonly queue: QueueOptions
  readonly wakeUpProducer: WakeUpProducer
  readonly payments: PaymentProvider
  /** The session of this token; null when there is none. */
  authenticate(token: string): Promise<Session | null>
  /** Passes a verified webhook of the payment provider to its order. */
  receivePaymentEvent(event: PaymentEvent): Promise<void>
  /** Change counters of the data behind public responses, by cache tag. */
  readVersions(): Promise<ReadonlyMap<string, number>>
  /** Schedules recurring messages, each once however many processes call this. */
  schedule(): Promise<void>
  /**
   * Claims nothing more, and waits up to `maxWaitMs` for turns and effects in progress.
   * @returns whether all have finished; another process takes the others up when their leases expire
   */
  drain(maxWaitMs: number): Promise<boolean>
  /** Drains, unless that was done, and releases every resource. */
  close(): Promise<void>
}

/** Inputs of the program at boot. */
export interface AppResources {
  config: Config
  log: Logger
  databaseUrl: string
  secretKey: string
  payment: { url: string | undefined; secretKey: string; webhookSecret: string | undefined }
}

/** Days in which staff may retry a dead letter. */
const deadLetterDays = 90

function createModules(services: Services) {
  return {
    product: createProductModule(services, recordAudit),
    user: createUserModule(services),
    order: createOrderModule(services),
    platform: { router: createPlatformRouter(services, recordAudit) },
    shop: { router: createShopRouter(services.config, shippingCountries) },
  }
}

function createRouter({ product, user, order, platform, shop }: ReturnType<typeof createModules>) {
  return router({
    product: product.router,
    user: user.router,
    order: order.router,
    platform: platform.router,
    shop: shop.router,
  })
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
  const email = createEmailSender({
    smtpUrl: config.SMTP_URL,
    folder: join(config.DATA_DIR, 'emails'),
    from: config.EMAIL_FROM,
    senderName: config.SHOP_NAME,
    log,
  })
  const rateLimits = createRateLimits({ redisUrl: config.REDIS_URL, secretKey, log })
  const services: Services = { config, database, log, rateLimits, secretKey, payments, email, actors: () => actors }
  const modules = createModules(services)
  const housekeeping = createHousekeeping({
    log,
    cleaners: {
      idempotencyKeys: () => truncateExpiredReplies(database.query),
      async unreadableMessages(limit) {
        const count = await deadLetterUnreadable(database.query, kinds, limit)
        if (count > 0)
          log.error({ count }, 'dead-lettered messages of a kind or version that no replica could read for a day')
        return count
      },
      deadLetters: (limit) => deleteOldDeadLetters(database.query, { days: deadLetterDays, limit }),
      sessions: modules.user.cleanUp,
      carts: modules.order.cleanUp,
    },
  })

  const queue: QueueOptions = { redisUrl: config.REDIS_URL, databaseUrl, log }
  const kinds = [...modules.order.actors, ...modules.order.effects, housekeeping]
  const wakeUpProducer = createWakeUpProducer(
    queue,
    kinds.map(({ kind }) => kind),
  )
  const actors = createActors({
    database,
    log,
    batching: { batchMax: config.TURN_MESSAGES_MAX, turnsMax: config.TURNS_CONCURRENT },
    actors: modules.order.actors,
    effects: [...modules.order.effects, housekeeping],
    wake: (woken) => wakeUpProducer.wake(woken),
  })

  let drained: Promise<boolean> | undefined
  const drain = (maxWaitMs: number): Promise<boolean> => (drained ??= settledWithin(maxWaitMs, actors.stop()))

  return {
    services,
    router: createRouter(modules),
    actors,
    queue,
    wakeUpProducer,
    payments,
    authenticate: (token) => modules.user.authenticate(token),
    receivePaymentEvent: (event) => modules.order.receivePaymentEvent(event),
    readVersions: () => modules.product.readVersions(),
    drain,
    async schedule() {
      for (const recurring of [housekeepingSchedule, ...modules.order.schedules()]) await actors.schedule(recurring)
    },
    async close() {
      await drain(60_000)
      await wakeUpProducer.close()
      rateLimits.close()
      email.close()
      payments.close()
      await database.close()
    },
  }
}

/**
 * Fills an empty shop with demo products, and with demo accounts where that is wanted.
 * @returns whether it was empty @throws BootError for demo accounts in production: their passwords are published
 */
export async function seed({ services }: App, options: { hasDemoAccounts: boolean }): Promise<boolean> {
  if (options.hasDemoAccounts && services.config.NODE_ENV === 'production') {
    throw new BootError(
      'Demo accounts have published passwords and are not created in production. Create staff with `npm run staff -- add EMAIL`.',
    )
  }
  if (!(await isCatalogEmpty(services.database.query))) return false
  await seedCatalog(services)
  if (options.hasDemoAccounts) await seedAccounts(services, demoAccounts)
  return true
}

/** Accounts of staff, for the command line. */
export const staffAccounts = ({ services }: App): StaffAccounts => createStaffAccounts(services)

export { demoAccounts, importCatalog, type StaffAccounts }
