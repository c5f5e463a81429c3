import { loadConfig, settingList, type Config } from '#config'
import { openDatabase, requireDatabase, requireSchema } from '#db'
import { BootError } from '#errors'
import { requireQueue } from '#queue'
import { createLog } from '#telemetry'
import { openPostgres } from './boot.ts'
import { print } from './print.ts'

/** Lists the settings, then checks everything that the shop needs. Exit code 1 when a check fails. */
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
  else print('\nAll checks passed.')
}

/** Runs one check and prints its result. @returns whether it passed */
async function check(name: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    print(`  ok    ${name}`)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    print(`  WRONG ${name}: ${reason.split('\n').join('\n        ')}`)
    return false
  }
}

function requireNode(): void {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 24)
    throw new BootError(
      `This is Node ${process.versions.node}. Start with npm scripts (such as \`npm run doctor\`), which use the pinned Node 24 in node_modules.`,
    )
}

async function checkPostgres(config: Config): Promise<void> {
  const postgres = await openPostgres(config, { print: () => undefined })
  const database = openDatabase({ url: postgres.url, poolSize: 1, log: createLog('silent') })
  try {
    await requireDatabase(database)
    // `start` migrates the embedded Postgres itself.
    if (!postgres.isOwn) await requireSchema(database)
  } finally {
    await database.close()
    await postgres.stop()
  }
}

async function checkPayment({ PAYMENT_URL: url, PAYMENT_SECRET_KEY: secretKey }: Config): Promise<void> {
  if (url === undefined && secretKey === undefined) {
    print(
      '        no provider is configured: `npm start` includes a sandbox; `serve` and `worker` need PAYMENT_SECRET_KEY',
    )
    return
  }
  const address = new URL('/v1/payment_intents?limit=1', url ?? 'https://api.stripe.com')
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${secretKey ?? ''}` },
    signal: AbortSignal.timeout(5_000),
  }).catch((error: unknown) => {
    throw new BootError(`${address.origin} does not respond. Check PAYMENT_URL and the network.`, { cause: error })
  })
  if (response.status === 401)
    throw new BootError('The payment provider rejects the secret key. Check PAYMENT_SECRET_KEY.')
}
