import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { createApp, type App } from '#app'
import { loadConfig, type Config } from '#config'
import { migrate, requireDatabase, requireSchema } from '#db'
import { startEmbeddedPostgres } from '#db/embedded'
import { BootError } from '#errors'
import { prepareQueue, requireQueue } from '#queue'
import { createLog, type Logger } from '#telemetry'

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
  if (options.isStart === true || database.isOwn) await bringUpToDate(database.url, app)
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

/** @throws BootError when the data folder cannot be made or written */
async function requireFolder(dataDir: string): Promise<void> {
  const probe = join(dataDir, `.probe-${process.pid}`)
  try {
    await mkdir(dataDir, { recursive: true })
    await writeFile(probe, 'x')
    await rm(probe)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const reason =
      code === 'ENOSPC'
        ? 'its disk is full'
        : code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
          ? 'it cannot be written'
          : code
    throw new BootError(
      `The data folder ${dataDir} cannot be used: ${reason}. Make room or give it to this account, or set DATA_DIR to another folder.`,
      { cause: error },
    )
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

const keysSchema = z.object({
  secretKey: z.string().min(32),
  sandboxKey: z.string().min(16),
  sandboxWebhookSecret: z.string().min(16),
})
export type Keys = z.infer<typeof keysSchema>

/** The keys of a shop that was given none, generated once into its data folder. */
export async function readKeys(dataDir: string): Promise<Keys> {
  await requireFolder(dataDir)
  const file = join(dataDir, 'keys.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text !== undefined) {
    const keys = keysSchema.safeParse(parseJson(text))
    if (keys.success) return keys.data
    throw new BootError(
      `The keys in ${file} cannot be read. Restore the file from a backup, or remove it: guests' links to their orders are void then.`,
    )
  }
  const random = (): string => randomBytes(32).toString('base64url')
  const keys: Keys = {
    secretKey: random(),
    sandboxKey: `sk_test_${random()}`,
    sandboxWebhookSecret: `whsec_${random()}`,
  }
  // Whole or not at all, and the first of two who start at once wins.
  const draft = `${file}.${process.pid}`
  await writeFile(draft, JSON.stringify(keys), { mode: 0o600, flush: true })
  await chmod(draft, 0o600)
  await rename(draft, file)
  return keys
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
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
