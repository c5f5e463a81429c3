import { join } from 'node:path'
import { createActors, deadLetterUnreadable, deleteOldDeadLetters, type Actors } from '#actor'
import type { Config } from '#config'
import { openDatabase, type Database } from '#db'
import { dropExpiredReplies } from '#idempotency'
import { createOrderModule } from '#order'
import { createEmailSender, createStripeProvider, type PaymentEvent, type PaymentProvider } from '#outbound'
import { createHousekeeping, createPlatformRouter, housekeepingSchedule } from '#platform'
import { catalogIsEmpty, createProductModule, importCatalog, seedCatalog } from '#product'
import { createWakeUpProducer, type QueueOptions, type WakeUpProducer } from '#queue'
import { router, type Session } from '#rpc'
import type { Services } from '#services'
import type { Logger } from '#telemetry'
import { createUserModule, recordAudit, seedAccounts } from '#user'
import { demoAccounts } from './demo-accounts.ts'

/** The composition root: the only file that knows the modules. */
export interface App {
  readonly services: Services
  readonly router: AppRouter
  readonly actors: Actors
  readonly queue: QueueOptions
  readonly waker: WakeUpProducer
  authenticate(token: string): Promise<Session | null>
  /** Reads and verifies a webhook of the payment provider, and tells the order. */
  readonly payments: PaymentProvider
  notePayment(event: PaymentEvent): Promise<void>
  /** How often what public answers are made from has changed, by tag. */
  readVersions(): Promise<ReadonlyMap<string, number>>
  /** Makes sure that what recurs is scheduled; once however many processes ask. */
  schedule(): Promise<void>
  /**
   * Claims no more, and waits so long (ms) for turns and effects under way.
   * @returns whether all have ended; of those that have not the leases run out, and another process takes them up
   */
  settle(patienceMs: number): Promise<boolean>
  /** Settles, unless that was done, and gives everything back. */
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

/** Days that staff may retry a dead letter. */
const deadLetterDays = 90

function createModules(services: Services) {
  return {
    product: createProductModule(services),
    user: createUserModule(services),
    order: createOrderModule(services),
    platform: { router: createPlatformRouter(services, recordAudit) },
  }
}

function createRouter({ product, user, order, platform }: ReturnType<typeof createModules>) {
  return router({ product: product.router, user: user.router, order: order.router, platform: platform.router })
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
  const mail = createEmailSender({
    smtpUrl: config.SMTP_URL,
    folder: join(config.DATA_DIR, 'emails'),
    from: config.EMAIL_FROM,
    log,
  })
  const services: Services = { config, database, log, secretKey, payments, email: mail, actors: () => actors }
  const modules = createModules(services)
  const housekeeping = createHousekeeping({
    log,
    cleaners: {
      'partitions of idempotency keys': () => dropExpiredReplies(database.query),
      async unreadableMessages(limit) {
        const count = await deadLetterUnreadable(database.query, kinds, limit)
        if (count > 0)
          log.error({ count }, 'dead-lettered messages whose kind or version no replica has known for a day')
        return count
      },
      deadLetters: (limit) => deleteOldDeadLetters(database.query, { days: deadLetterDays, limit }),
      sessions: modules.user.cleanUp,
      carts: modules.order.cleanUp,
    },
  })

  const queue: QueueOptions = { redisUrl: config.REDIS_URL, databaseUrl, log }
  const kinds = [...modules.order.actors, ...modules.order.effects, housekeeping]
  const waker = createWakeUpProducer(
    queue,
    kinds.map(({ kind }) => kind),
  )
  const actors = createActors({
    database,
    log,
    batching: { batchMax: config.TURN_MESSAGES_MAX, turnsMax: config.TURNS_CONCURRENT },
    actors: modules.order.actors,
    effects: [...modules.order.effects, housekeeping],
    wake: (woken) => waker.wake(woken),
  })

  let settled: Promise<boolean> | undefined
  const settle = (patienceMs: number): Promise<boolean> => (settled ??= endsWithin(patienceMs, actors.stop()))

  return {
    services,
    router: createRouter(modules),
    actors,
    queue,
    waker,
    payments,
    authenticate: (token) => modules.user.authenticate(token),
    notePayment: (event) => modules.order.notePayment(event),
    readVersions: () => modules.product.readVersions(),
    settle,
    async schedule() {
      for (const recurring of [housekeepingSchedule, ...modules.order.schedules()]) await actors.schedule(recurring)
    },
    async close() {
      await settle(60_000)
      await waker.close()
      mail.close()
      payments.close()
      await database.close()
    },
  }
}

async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)))
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

/** Fills an empty shop with demo products and accounts. @returns whether it was empty */
export async function seed({ services }: App, { force = false } = {}): Promise<boolean> {
  if (!force && !(await catalogIsEmpty(services.database.query))) return false
  await seedCatalog(services)
  await seedAccounts(services, demoAccounts)
  return true
}

export { demoAccounts, importCatalog }
