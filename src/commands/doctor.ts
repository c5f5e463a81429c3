import { isHttps, loadConfig, mistypedSettings, settingList, type Config } from '#config'
import { openDatabase, requireDatabase, requireSchema } from '#db'
import { BootError } from '#errors'
import { requireSmtp } from '#outbound'
import { requireQueue } from '#queue'
import { createLog } from '#telemetry'
import { openPostgres } from './boot.ts'
import { print } from './print.ts'
import { describeProblems, isPublic, productionProblems } from './production.ts'

/** Lists the settings, then checks everything that the shop needs. Exit code 1 when a check fails. */
export async function doctor(): Promise<void> {
  printSettings()
  print('\nChecks:\n')
  const results = [
    await check('Node 24', async () => requireNode()),
    await check('environment', async () => void loadConfig()),
    await check('names of settings', async () => requireKnownSettings()),
  ]
  if (results[1] === true) results.push(...(await checkParts(loadConfig())))
  if (results.includes(false)) process.exitCode = 1
  else print('\nAll checks passed.')
}

function printSettings(): void {
  print('Settings (environment variables):')
  for (const { name, description, defaultValue, heading, isSecret } of settingList) {
    const value = process.env[name]
    const isSet = value !== undefined && value !== ''
    const shown = isSet ? ` = ${isSecret ? '(set)' : value}` : ''
    if (heading !== undefined) print(`\n${heading}\n`)
    print(`  ${name}${shown}${defaultValue === undefined ? '' : `  (default ${defaultValue})`}\n      ${description}`)
  }
}

/** Checks what the settings name, each even if another fails. */
async function checkParts(config: Config): Promise<boolean[]> {
  const { REDIS_URL: redisUrl, SMTP_URL: smtpUrl } = config
  const results = [
    ...(config.NODE_ENV === 'production' || isPublic(config)
      ? [await check('safe for real buyers', async () => requireSafety(config))]
      : []),
    await check('address of the shop', async () => describeAddress(config)),
    await check('Postgres and its schema', () => checkPostgres(config)),
  ]
  if (redisUrl !== undefined) {
    const queue = { redisUrl, databaseUrl: '', log: createLog('silent') }
    results.push(await check('Redis', () => requireQueue(queue)))
  }
  results.push(await check('payment provider', () => checkPayment(config)))
  if (smtpUrl !== undefined) results.push(await check('email server', () => requireSmtp(smtpUrl)))
  else print(`  -     no email server is configured: emails are written to ${config.DATA_DIR}/emails`)
  return results
}

/** Runs one check and prints its result. @returns whether it passed */
async function check(name: string, work: () => Promise<string | void>): Promise<boolean> {
  try {
    const note = await work()
    print(`  ok    ${name}${note === undefined ? '' : `: ${note}`}`)
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

function requireKnownSettings(): void {
  const mistyped = mistypedSettings()
  if (mistyped.length === 0) return
  throw new BootError(
    mistyped.map(([name, meant]) => `${name} is not a setting and has no effect. Did you mean ${meant}?`).join('\n'),
  )
}

function requireSafety(config: Config): void {
  const problems = productionProblems(config)
  if (problems.length > 0) throw new BootError(`these settings are not safe\n${describeProblems(problems)}`)
}

/** What follows from SHOP_URL. Its form is checked with the environment. */
function describeAddress(config: Config): string {
  const { SHOP_URL: url, NODE_ENV: mode, PORT: port } = config
  if (url === undefined) return `SHOP_URL is not set; \`npm start\` uses http://localhost:${port}`
  if (isHttps(config)) return `${url}; cookies are restricted to HTTPS`
  return `${url}; cookies are sent without HTTPS too${mode === 'production' ? '' : ', as for development'}`
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

async function checkPayment({ PAYMENT_URL: url, PAYMENT_SECRET_KEY: secretKey }: Config): Promise<string | void> {
  if (url === undefined && secretKey === undefined)
    return 'none is configured: `npm start` includes a sandbox; `serve` and `worker` need PAYMENT_SECRET_KEY'
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
