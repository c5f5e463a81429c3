/** Environment of an instance. It imports nothing: it runs before the compile cache is enabled. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface StartPlan {
  /** Arguments of src/main.ts. */
  command: string[]
  /** Settings of src/config.ts that are made from secrets; a setting that is set already stays. */
  settings: Record<string, string>
}

/** Settings that the secrets of the shop and of its providers may hold. */
const secretSettings = [
  'SECRET_KEY',
  'PAYMENT_SECRET_KEY',
  'PAYMENT_PUBLISHABLE_KEY',
  'PAYMENT_WEBHOOK_SECRET',
  'SMTP_URL',
]

/**
 * The command of the tier, and the settings from secrets. Beanstalk hands over each secret as the text it is stored as:
 * HOLDFAST_DATABASE_SECRET (JSON of RDS: username, password), HOLDFAST_REDIS_SECRET (JSON of authToken), HOLDFAST_SHOP_SECRET
 * and HOLDFAST_PROVIDER_SECRET (JSON of settings).
 * @throws Error that names the variable, never its value
 */
export function settingsFromEnvironment(environment: Environment): StartPlan {
  return { command: commandOf(environment), settings: settingsOf(environment) }
}

function commandOf({ HOLDFAST_TIER: tier, HOLDFAST_PROCESSES: processes }: Environment): string[] {
  if (tier === 'web') return processes === undefined ? ['serve'] : ['serve', '--processes', processes]
  if (tier === 'worker' || tier === 'migrate') return [tier]
  throw new Error('HOLDFAST_TIER must be web, worker or migrate.')
}

function settingsOf(environment: Environment): Record<string, string> {
  const settings: Record<string, string> = {}
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && environment[name] === undefined) settings[name] = value
  }
  set('DATABASE_URL', databaseUrl(environment))
  const redis = textOf(secretObject('HOLDFAST_REDIS_SECRET', environment.HOLDFAST_REDIS_SECRET).authToken)
  set('REDIS_URL', redisUrl(environment.HOLDFAST_QUEUE_ENDPOINT, redis))
  set('CACHE_REDIS_URL', redisUrl(environment.HOLDFAST_CACHE_ENDPOINT, redis))
  const shop = {
    ...secretObject('HOLDFAST_PROVIDER_SECRET', environment.HOLDFAST_PROVIDER_SECRET),
    ...secretObject('HOLDFAST_SHOP_SECRET', environment.HOLDFAST_SHOP_SECRET),
  }
  for (const name of secretSettings) set(name, textOf(shop[name]))
  return settings
}

function databaseUrl(environment: Environment): string | undefined {
  const host = environment.HOLDFAST_DATABASE_ENDPOINT
  if (host === undefined || environment.DATABASE_URL !== undefined) return undefined
  const secret = secretObject('HOLDFAST_DATABASE_SECRET', environment.HOLDFAST_DATABASE_SECRET)
  const [user, password] = [textOf(secret.username), textOf(secret.password)]
  if (user === undefined || password === undefined)
    throw new Error('HOLDFAST_DATABASE_SECRET must be JSON with username and password, as RDS writes it.')
  const url = new URL(`postgres://${host.includes(':') ? host : `${host}:5432`}`)
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password)
  url.pathname = environment.HOLDFAST_DATABASE_NAME ?? 'holdfast'
  url.searchParams.set('sslmode', 'verify-full')
  url.searchParams.set('sslrootcert', environment.HOLDFAST_DATABASE_CA ?? 'certificates/rds.pem')
  return url.href
}

function redisUrl(endpoint: string | undefined, token: string | undefined): string | undefined {
  if (endpoint === undefined) return undefined
  const url = new URL(`rediss://${endpoint.includes(':') ? endpoint : `${endpoint}:6379`}`)
  if (token !== undefined) url.password = encodeURIComponent(token)
  return url.href
}

function secretObject(name: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // The message below says it without the text, which is a secret.
  }
  throw new Error(`${name} must be a JSON object.`)
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
