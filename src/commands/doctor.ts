import { loadConfig, settingList, type Config } from '#config'
import { openDatabase, requireDatabase, requireSchema } from '#db'
import { BootError } from '#errors'
import { requireQueue } from '#queue'
import { createLog } from '#telemetry'
import { openPostgres } from './boot.ts'
import { print } from './print.ts'

/** Lists the settings, then checks what the shop needs; exit code 1 when something is wrong. */
export async function doctor(): Promise<void> {
  print('Settings (environment variables):\n')
  for (const { name, description, isSecret } of settingList) {
    const value = process.env[name]
    const shown = value === undefined || value === '' ? '' : ` = ${isSecret ? '(set)' : value}`
    print(`  ${name}${shown}\n      ${description}`)
  }
  print('\nChecks:\n')
  const results = [
    await check('Node 24', async () => requireNode()),
    await check('environment', async () => void loadConfig()),
  ]
  if (results.every(Boolean)) {
    const config = loadConfig()
    results.push(await check('Postgres and its schema', () => checkPostgres(config)))
    if (config.REDIS_URL !== undefined) {
      const queue = { redisUrl: config.REDIS_URL, databaseUrl: '', log: createLog('silent') }
      results.push(await check('Redis', () => requireQueue(queue)))
    }
    results.push(await check('payment provider', () => checkPayment(config)))
  }
  if (results.includes(false)) process.exitCode = 1
  else print('\nEverything that was checked is well.')
}

/** @returns whether it is well */
async function check(what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    print(`  ok    ${what}`)
    return true
  } catch (error) {
    const reason = error instanceof BootError ? error.message : error instanceof Error ? error.message : String(error)
    print(`  WRONG ${what}: ${reason.split('\n').join('\n        ')}`)
    return false
  }
}

function requireNode(): void {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 24)
    throw new BootError(
      `This is Node ${process.versions.node}. Start by npm scripts, which find the pinned Node 24 in node_modules.`,
    )
}

async function checkPostgres(config: Config): Promise<void> {
  const postgres = await openPostgres(config, { tell: () => undefined })
  const database = openDatabase({ url: postgres.url, poolSize: 1, log: createLog('silent') })
  try {
    await requireDatabase(database)
    // The embedded one is brought up to date by `start` itself.
    if (!postgres.isOwn) await requireSchema(database)
  } finally {
    await database.close()
    await postgres.stop()
  }
}

async function checkPayment({ PAYMENT_URL: url, PAYMENT_SECRET_KEY: secretKey }: Config): Promise<void> {
  if (url === undefined && secretKey === undefined) {
    print(
      '        no provider is configured: `npm start` brings a sandbox, `serve` and `worker` need PAYMENT_SECRET_KEY',
    )
    return
  }
  const address = new URL('/v1/payment_intents?limit=1', url ?? 'https://api.stripe.com')
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${secretKey ?? ''}` },
    signal: AbortSignal.timeout(5_000),
  }).catch((error: unknown) => {
    throw new BootError(`${address.origin} does not answer. Check PAYMENT_URL and the network.`, { cause: error })
  })
  if (answer.status === 401) throw new BootError('The provider refuses the key. Check PAYMENT_SECRET_KEY.')
}
