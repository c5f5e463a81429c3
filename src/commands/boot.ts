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
import { createLog, type Logger } from '#telemetry'
import { parseJson, requireFolder } from './data-folder.ts'
import { readKeys } from './keys.ts'

/** Everything a command needs before it can do its work, in the order in which it is taken and given back. */
export interface Shop {
  config: Config
  log: Logger
  app: App
  databaseUrl: string
  close(): Promise<void>
}

export interface ShopOptions {
  /** Takes lines for people: what is being done, when it may take a while. */
  tell(line: string): void
  /** `start`: the embedded Postgres is this command's own, and the schema is brought up to date. */
  isStart?: boolean
  payment?: { url: string; secretKey: string; webhookSecret: string }
}

/** For commands that do not pay: they need no provider. */
export const noPayment = { url: 'http://127.0.0.1:9', secretKey: 'sk_test_none', webhookSecret: 'whsec_none' }

/** @throws BootError with what to do, within 10 s, having given back what was taken */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const config = loadConfig()
  const log = createLog(config.LOG_LEVEL)
  await using taken = new AsyncDisposableStack()
  const database = await openPostgres(config, options)
  taken.defer(database.stop)
  const secretKey = config.SECRET_KEY ?? (await readKeys(config.DATA_DIR)).secretKey
  const app = createApp({
    config,
    log,
    databaseUrl: database.url,
    secretKey,
    payment: await paymentAccount(config, options),
  })
  taken.defer(app.close)
  await requireDatabase(app.services.database)
  await requireQueue(app.queue)
  if (!config.READ_ONLY && (options.isStart === true || database.isOwn)) await bringUpToDate(database.url, app)
  else await requireSchema(app.services.database)
  const kept = taken.move()
  return { config, log, app, databaseUrl: database.url, close: () => kept.disposeAsync() }
}

/** Schema and queue tables. Safe from many processes at once. */
export async function bringUpToDate(databaseUrl: string, { queue }: Pick<App, 'queue'>): Promise<void> {
  await migrate(databaseUrl)
  await prepareQueue(queue)
}

interface Postgres {
  url: string
  /** Started by this command, and ended with it. */
  isOwn: boolean
  stop(): Promise<void>
}

const nothing = async (): Promise<void> => undefined

/** The one that is configured; else the one of the shop that runs on this data folder; else the embedded one, started now. */
export async function openPostgres(config: Config, options: Pick<ShopOptions, 'tell' | 'isStart'>): Promise<Postgres> {
  if (config.DATABASE_URL !== undefined) return { url: config.DATABASE_URL, isOwn: false, stop: nothing }
  await requireFolder(config.DATA_DIR)
  const running = options.isStart === true ? undefined : await findRunning(config.DATA_DIR)
  if (running !== undefined) return { url: running.databaseUrl, isOwn: false, stop: nothing }
  const postgres = await startEmbeddedPostgres({ dataDir: join(config.DATA_DIR, 'postgres'), log: options.tell })
  await noteRunning(config.DATA_DIR, { databaseUrl: postgres.url })
  return {
    url: postgres.url,
    isOwn: true,
    async stop() {
      await rm(runningFile(config.DATA_DIR), { force: true })
      await postgres.stop()
    },
  }
}

const runningSchema = z.object({ databaseUrl: z.string() })
type Running = z.infer<typeof runningSchema>
const runningFile = (dataDir: string): string => join(dataDir, 'running.json')

async function noteRunning(dataDir: string, running: Running): Promise<void> {
  await writeFile(runningFile(dataDir), JSON.stringify(running), { mode: 0o600 })
}

/** The shop that runs on this folder at this moment; a note that a killed one left behind does not count. */
async function findRunning(dataDir: string): Promise<Running | undefined> {
  const text = await readFile(runningFile(dataDir), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const running = runningSchema.safeParse(parseJson(text))
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
    'No payment provider is configured. Set PAYMENT_SECRET_KEY (and PAYMENT_WEBHOOK_SECRET) of the Stripe account; or run `npm start`, which brings a sandbox provider.',
  )
}
