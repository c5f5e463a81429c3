import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { createApp, type App } from '#app'
import { loadConfig, type Config } from '#config'
import { migrate, requireDatabase, requireSchema } from '#db'
import { startEmbeddedPostgres } from '#embedded-postgres'
import { BootError } from '#errors'
import { prepareQueue, requireQueue } from '#queue'
import { createLog, holdLog, type Logger } from '#telemetry'
import { parseJson, requireFolder } from './data-folder.ts'
import { readKeys } from './keys.ts'
import { isPublic, productionProblems, requireProductionSafety } from './production.ts'

/** The resources of a command: opened in order, released in reverse order. */
export interface Shop {
  config: Config
  log: Logger
  app: App
  databaseUrl: string
  close(): Promise<void>
}

export interface ShopOptions {
  /** Receives lines for people about slow steps. */
  print(line: string): void
  /** `start`: owns the embedded Postgres instead of joining a running shop, and migrates the schema. */
  isStart?: boolean
  payment?: { url: string; secretKey: string; webhookSecret: string }
}

/** Placeholder account for commands that do not call the payment provider. */
export const noPayment = { url: 'http://127.0.0.1:9', secretKey: 'sk_test_none', webhookSecret: 'whsec_none' }

/** @throws BootError that says what to do, within 10 s, after releasing every resource */
export const openShop = (options: ShopOptions): Promise<Shop> => holdLog(() => open(options))

async function open(options: ShopOptions): Promise<Shop> {
  const config = loadConfig()
  const isAboutBuyers = options.payment !== noPayment
  requireProductionSafety(config, { isAboutBuyers })
  const log = createLog(config.LOG_LEVEL)
  if (isAboutBuyers && config.NODE_ENV !== 'production') warnOfBuyers(config, log)
  await using resources = new AsyncDisposableStack()
  const database = await openPostgres(config, options)
  resources.defer(database.stop)
  const secretKey = config.SECRET_KEY ?? (await readKeys(config.DATA_DIR)).secretKey
  const app = createApp({
    config,
    log,
    databaseUrl: database.url,
    secretKey,
    payment: await paymentAccount(config, options),
  })
  resources.defer(app.close)
  await requireDatabase(app.services.database)
  await requireQueue(app.queue)
  if (!config.READ_ONLY && (options.isStart === true || database.isOwn)) await migrateAll(database.url, app)
  else await requireSchema(app.services.database)
  const opened = resources.move()
  return { config, log, app, databaseUrl: database.url, close: () => opened.disposeAsync() }
}

/** A shop with a public address has real buyers, whatever NODE_ENV says. */
function warnOfBuyers(config: Config, log: Logger): void {
  const problems = isPublic(config) ? productionProblems(config) : []
  if (problems.length === 0) return
  log.warn(
    { settings: problems.map(({ setting }) => setting) },
    'SHOP_URL is a public address, but these settings are not safe for real buyers: `npm run doctor` says why. NODE_ENV=production refuses such a start',
  )
}

/** Migrates the schema and the queue's tables. Safe to run from many processes concurrently. */
export async function migrateAll(databaseUrl: string, { queue }: Pick<App, 'queue'>): Promise<void> {
  await migrate(databaseUrl)
  await prepareQueue(queue)
}

interface Postgres {
  url: string
  /** Started by this command, and stopped with it. */
  isOwn: boolean
  stop(): Promise<void>
}

const stopNothing = async (): Promise<void> => undefined

/** Postgres of DATABASE_URL; otherwise that of the shop running on this data folder; otherwise the embedded one, started here. */
export async function openPostgres(config: Config, options: Pick<ShopOptions, 'print' | 'isStart'>): Promise<Postgres> {
  if (config.DATABASE_URL !== undefined) return { url: config.DATABASE_URL, isOwn: false, stop: stopNothing }
  await requireFolder(config.DATA_DIR)
  const running = options.isStart === true ? undefined : await findRunningShop(config.DATA_DIR)
  if (running !== undefined) return { url: running.databaseUrl, isOwn: false, stop: stopNothing }
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.DATA_DIR, 'postgres'), log: options.print })
  await writeRunningFile(config.DATA_DIR, { databaseUrl: postgres.url })
  return {
    url: postgres.url,
    isOwn: true,
    async stop() {
      await rm(runningFile(config.DATA_DIR), { force: true })
      await postgres.stop()
    },
  }
}

const runningShopSchema = z.object({ databaseUrl: z.string() })
type RunningShop = z.infer<typeof runningShopSchema>
const runningFile = (dataDir: string): string => join(dataDir, 'running.json')

async function writeRunningFile(dataDir: string, running: RunningShop): Promise<void> {
  await writeFile(runningFile(dataDir), JSON.stringify(running), { mode: 0o600 })
}

/** The shop running on this data folder. The file of a killed shop is ignored: its Postgres does not respond. */
async function findRunningShop(dataDir: string): Promise<RunningShop | undefined> {
  const text = await readFile(runningFile(dataDir), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const running = runningShopSchema.safeParse(parseJson(text))
  if (!running.success) return undefined
  const client = new pg.Client({ connectionString: running.data.databaseUrl, connectionTimeoutMillis: 1_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return running.data
  } catch {
    return undefined
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function paymentAccount(config: Config, options: ShopOptions) {
  if (options.payment !== undefined) return options.payment
  const { PAYMENT_SECRET_KEY: secretKey, PAYMENT_URL: url, PAYMENT_WEBHOOK_SECRET: webhookSecret } = config
  if (secretKey !== undefined) return { url, secretKey, webhookSecret }
  if (url !== undefined) {
    const keys = await readKeys(config.DATA_DIR)
    return { url, secretKey: keys.sandboxKey, webhookSecret: webhookSecret ?? keys.sandboxWebhookSecret }
  }
  throw new BootError(
    'No payment provider is configured. Set PAYMENT_SECRET_KEY and PAYMENT_WEBHOOK_SECRET of your Stripe account, or run `npm start`, which includes a sandbox provider.',
  )
}
