import { closest, distance } from 'fastest-levenshtein'
import { resolve } from 'node:path'
import { z } from 'zod'
import { BootError } from '#errors'
import { isKnownCurrency } from '#lib/currency'
import { hasExchangeRate } from '#lib/exchange-rates'
import { isLoopback } from '#lib/host'
import { isWeakSecret } from '#lib/weak-secret'

/** `PORT=abc` is NaN to zod, which its own text would say. */
const notANumber = ({ code }: { code?: string }): string | undefined =>
  code === 'invalid_type' ? 'must be a whole number' : undefined
const wholeNumber = z.coerce.number({ error: notANumber }).int('must be a whole number')
const port = wholeNumber.min(0, 'must be 0 to 65535').max(65_535, 'must be 0 to 65535')
const positive = wholeNumber.min(1)
const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
const origin = url('http:', 'https:').refine(
  (value) => !URL.canParse(value) || `${new URL(value).origin}/` === new URL(value).href,
  'must be an origin such as https://shop.example.com, without a path, a query or a login',
)
function problemOfCurrency(code: string, before: readonly string[]): string | undefined {
  if (before.includes(code)) return `names ${code} twice: name each currency once`
  if (!isKnownCurrency(code)) return `names ${code}, which is no currency of ISO 4217: use codes such as USD,EUR,CNY`
  if (hasExchangeRate(code)) return undefined
  return `names ${code}, for which shipping has no prices: add its rate to src/lib/exchange-rates.ts`
}
const currencies = z
  .string()
  .regex(/^[A-Z]{3}(,[A-Z]{3})*$/, 'must be ISO 4217 codes separated by commas, such as USD,EUR,CNY')
  .transform((list) => list.split(','))
  .check(({ value, issues }) => {
    for (const [index, code] of value.entries()) {
      const message = problemOfCurrency(code, value.slice(0, index))
      if (message !== undefined) issues.push({ code: 'custom', message, input: value })
    }
  })
const key = z
  .string()
  .min(32, 'must have at least 32 characters')
  .refine((value) => !isWeakSecret(value), 'is easy to guess: take a random one, such as from `openssl rand -hex 32`')
const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)

const network = z.union([
  z.enum(['loopback', 'linklocal', 'uniquelocal']),
  z.ipv4(),
  z.ipv6(),
  z.cidrv4().refine((value) => !value.endsWith('/0')),
  z.cidrv6().refine((value) => !value.endsWith('/0')),
])
const proxies = z
  .string()
  .transform(listOf)
  .refine(
    (list) => list.length > 0 && list.every((item) => network.safeParse(item).success),
    'must name the balancer by its addresses or networks, such as 10.0.0.0/8,loopback: X-Forwarded-For of anybody else is not trusted',
  )

/** What `NODE_ENV=production` rejects unless it is allowed; see commands/production.ts. */
const exceptionNames = ['test-payments', 'email-to-folder', 'plaintext-database', 'plaintext-redis', 'plaintext-smtp']
const exceptions = z
  .string()
  .transform(listOf)
  .refine((list) => list.every((name) => exceptionNames.includes(name)), `must be of ${exceptionNames.join(', ')}`)
const exempt = z
  .string()
  .transform((text) => listOf(text).filter((item) => item !== 'none'))
  .refine(
    (list) => list.every((item) => z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(item).success),
    'must be addresses or networks separated by commas, such as 10.0.0.0/8,::1, or none',
  )

/**
 * Every setting of the program, by environment variable. `doctor` prints this list: the description is the documentation
 * of the setting.
 */
const settings = {
  NODE_ENV: z
    .enum(['production', 'development', 'test'], 'must be production, development or test')
    .default('development')
    .describe('production refuses to start a shop that is not safe for real buyers, and demo accounts.'),
  ALLOW_IN_PRODUCTION: exceptions
    .default([])
    .describe(`What production would refuse, separated by commas: ${exceptionNames.join(', ')}.`),
  PORT: port.default(3000).describe('Port that the shop listens on. 0 chooses a free port.'),
  HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address that the shop listens on. Use 0.0.0.0 behind a load balancer.'),
  METRICS_PORT: port
    .optional()
    .describe(
      'Port of /metrics, and of /livez and /readyz of a worker. Keep it private: no balancer may forward it. Off by default.',
    ),
  METRICS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address that METRICS_PORT listens on. An orchestrator that probes a worker needs 0.0.0.0.'),
  DATABASE_URL: url('postgres:', 'postgresql:')
    .optional()
    .describe('Postgres server, version 17 or later. Without it the embedded Postgres is started.'),
  DATABASE_POOL: positive.max(500).default(10).describe('Connections to Postgres per process.'),
  REDIS_URL: url('redis:', 'rediss:')
    .optional()
    .describe('Redis of the queue, with maxmemory-policy noeviction. Without it the queue is kept in Postgres.'),
  CACHE_REDIS_URL: url('redis:', 'rediss:')
    .optional()
    .describe(
      'Redis of the cache that replicas share, with maxmemory and maxmemory-policy allkeys-lfu. It must not be the Redis of the queue.',
    ),
  CACHE_MAX_BYTES: wholeNumber
    .min(0)
    .max(2 ** 32)
    .default(32 * 2 ** 20)
    .describe('Memory for cached catalog responses per process, bytes. 0 disables the cache.'),
  READ_ONLY: flag
    .default(false)
    .describe('true enables maintenance mode: reads are served, and every request that would write is rejected.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .describe('Folder of the embedded Postgres, generated keys, emails and the sandbox ledger.'),
  SECRET_KEY: key
    .optional()
    .describe(
      'Secret from which access tokens of orders are derived. It must be the same on all replicas. Generated into DATA_DIR by default.',
    ),
  SHOP_NAME: z.string().min(1).max(100).default('Holdfast').describe('Name of the shop on pages and in emails.'),
  SHOP_URL: origin
    .optional()
    .describe(
      'Public address of the shop, for links in emails. With https, cookies are restricted to HTTPS and browsers are told to use nothing else (HSTS).',
    ),
  SHOP_CURRENCIES: currencies
    .default(['USD', 'EUR', 'CNY'])
    .describe('Currencies of the shop, separated by commas. The first is the base currency.'),
  PAYMENT_URL: url('http:', 'https:')
    .optional()
    .describe('Address of the payment API, such as the sandbox provider. Stripe by default.'),
  PAYMENT_SECRET_KEY: z.string().min(8).optional().describe('Secret key of the Stripe account.'),
  PAYMENT_PUBLISHABLE_KEY: z
    .string()
    .min(8)
    .optional()
    .describe('Publishable key of the Stripe account, for the payment form in browsers.'),
  PAYMENT_WEBHOOK_SECRET: z
    .string()
    .min(8)
    .optional()
    .describe('Secret that signs the webhooks of the payment provider.'),
  PAYMENT_TIMEOUT_MS: positive.max(60_000).default(10_000).describe('Timeout of one call to the payment provider, ms.'),
  PAYMENT_CAPTURE: z
    .enum(['now', 'fulfilment'], 'must be now or fulfilment')
    .default('now')
    .describe(
      'When a payment is captured. now: when the buyer pays. fulfilment: it is authorised when the buyer pays, and captured when the order is sent.',
    ),
  PAYMENT_DEADLINE_SECONDS: positive
    .max(30 * 86_400)
    .default(900)
    .describe('Time that a placed order waits for its payment before it is cancelled, s.'),
  PAYMENT_RETRY_SECONDS: positive
    .max(30 * 86_400)
    .default(300)
    .describe(
      'Time that an order keeps its stock after a declined payment, s. It is never longer than the payment deadline.',
    ),
  PAYMENT_ATTEMPTS: positive
    .max(1_000_000)
    .default(5)
    .describe('Attempts to pay one order, before it is put on hold for review by staff.'),
  LARGE_ORDER_UNITS: positive
    .max(1_000_000)
    .default(10)
    .describe(
      'Units of one SKU with which an order is large: it keeps its stock for LARGE_ORDER_DEADLINE_SECONDS only.',
    ),
  LARGE_ORDER_DEADLINE_SECONDS: positive
    .max(30 * 86_400)
    .default(180)
    .describe('Time that a large order waits for its payment before it is cancelled, s.'),
  FAILED_ATTEMPTS_BUYER: positive
    .max(1_000_000)
    .default(10)
    .describe('Attempts to pay in 15 minutes that may come to nothing, per account and per e-mail address of guests.'),
  FAILED_ATTEMPTS_NETWORK: positive
    .max(1_000_000)
    .default(30)
    .describe('The same per network, of its latest 50 orders: paid ones count for nothing.'),
  UNPAID_ORDERS_ACCOUNT: positive
    .max(1_000_000)
    .default(20)
    .describe('Orders of one account that may wait for their payment at the same time.'),
  LIMITS_EXEMPT: exempt
    .default(['127.0.0.0/8', '::1/128'])
    .describe(
      'Networks whose buyers have no limits, separated by commas, or none. Loopback by default: there a balancer without TRUST_PROXY hides all buyers behind one address.',
    ),
  RETURN_DAYS: positive
    .max(365)
    .default(60)
    .describe('Time after sending in which an order can be returned, days. The order is closed afterwards.'),
  ORDER_ACCESS_DAYS: positive
    .max(3_650)
    .default(90)
    .describe('Time in which a guest can open an order that is closed or cancelled, after its last event, days.'),
  SMTP_URL: url('smtp:', 'smtps:')
    .optional()
    .describe('SMTP server. Without it emails are written to DATA_DIR/emails.'),
  EMAIL_FROM: z
    .string()
    .min(3)
    .default('shop@example.com')
    .describe('Sender of emails: an address, whose name is SHOP_NAME, or Name <address>.'),
  CORS_ORIGINS: z
    .string()
    .transform(listOf)
    .default([])
    .describe('Other origins whose pages may call the API, separated by commas.'),
  TRUST_PROXY: proxies
    .optional()
    .describe(
      'Balancer whose X-Forwarded-For is trusted: its addresses or networks, separated by commas. By default loopback where HOST is a loopback address and SHOP_URL is https; otherwise none.',
    ),
  SESSION_DAYS: positive.max(365).default(30).describe('Lifetime of a session of a customer, days.'),
  SESSION_IDLE_DAYS: positive
    .max(365)
    .default(14)
    .describe('Time without use that ends a session of a customer, days.'),
  SESSION_STAFF_HOURS: positive.max(720).default(12).describe('Lifetime of a session of staff, hours.'),
  SESSION_IDLE_STAFF_MINUTES: positive
    .min(10, 'must be 10 or more: use is recorded every 5 minutes')
    .max(43_200)
    .default(60)
    .describe('Time without use that ends a session of staff, minutes.'),
  LOGIN_ATTEMPTS: positive
    .max(1_000_000)
    .default(10)
    .describe(
      'Failed logins allowed per account and device in 15 minutes; per account from all unknown devices three times, per network five times as many.',
    ),
  REGISTER_ATTEMPTS: positive.max(1_000_000).default(20).describe('Registrations allowed per address in 15 minutes.'),
  REQUEST_TIMEOUT_MS: positive.max(120_000).default(10_000).describe('Timeout of one request, ms.'),
  DRAIN_MS: wholeNumber
    .min(0)
    .max(300_000)
    .default(0)
    .describe(
      "Time between readiness turning false and the server closing, ms. Use a little more than the balancer's check interval.",
    ),
  SHUTDOWN_MS: positive
    .max(300_000)
    .default(10_000)
    .describe('Longest time of a graceful shutdown, ms. The process exits when it is exceeded.'),
  WORKER_CONCURRENCY: positive
    .max(1000)
    .default(32)
    .describe('Wake-ups of one kind that a worker handles concurrently.'),
  TURN_MESSAGES_MAX: positive
    .max(1_000)
    .default(64)
    .describe(
      'Largest batch of messages, such as orders, in one transaction. 1 gives each message its own transaction.',
    ),
  TURNS_CONCURRENT: positive
    .max(100)
    .default(3)
    .describe('Concurrent batch transactions per process and kind of actor.'),
  QUEUE_STALL_MS: positive
    .max(600_000)
    .default(15_000)
    .describe(
      'Longest wait of wake-ups for a queue consumer with capacity, ms. A consumer that exceeds it is reopened.',
    ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Lowest severity that is logged.'),
}

function isSameServer(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const [first, second] = [new URL(one), new URL(other)]
  return first.hostname === second.hostname && (first.port || '6379') === (second.port || '6379')
}

const configSchema = z
  .object(settings)
  .refine(({ REDIS_URL, CACHE_REDIS_URL }) => !isSameServer(REDIS_URL, CACHE_REDIS_URL), {
    path: ['CACHE_REDIS_URL'],
    message: 'name another Redis than REDIS_URL: a cache evicts keys, and the queue must not',
  })
  .transform((env) => {
    const shopUrl = env.SHOP_URL === undefined ? undefined : new URL(env.SHOP_URL).origin
    // Behind a proxy on this machine every request comes from the loopback address.
    const isProxied = shopUrl?.startsWith('https:') === true && isLoopback(env.HOST)
    return {
      ...env,
      DATA_DIR: resolve(env.DATA_DIR),
      SHOP_URL: shopUrl,
      TRUST_PROXY: env.TRUST_PROXY ?? (isProxied ? ['loopback'] : undefined),
    }
  })

export type Config = Readonly<z.output<typeof configSchema>>

/** The shop is reached by HTTPS: its cookies are restricted to it. */
export const isHttps = ({ SHOP_URL }: Pick<Config, 'SHOP_URL'>): boolean => SHOP_URL?.startsWith('https:') === true

/** Headings of groups of settings, each by the name of its first setting. */
const groupHeadings: Readonly<Record<string, string>> = {
  NODE_ENV: 'Mode',
  PORT: 'Addresses that the program listens on',
  DATABASE_URL: 'Storage',
  SHOP_NAME: 'The shop',
  PAYMENT_URL: 'Payment and orders',
  SMTP_URL: 'Email',
  CORS_ORIGINS: 'Requests and sessions',
  DRAIN_MS: 'Operation',
}

/** A setting as listed by `doctor`. */
export interface Setting {
  name: string
  description: string
  /** As it would be set; undefined for none. */
  defaultValue: string | undefined
  /** Heading of the group that begins with this setting. */
  heading: string | undefined
  isSecret: boolean
}

export const settingList: Setting[] = Object.entries(settings).map(([name, schema]) => {
  const byDefault: unknown = schema.parse(undefined)
  return {
    name,
    description: schema.description ?? '',
    defaultValue: textOf(byDefault),
    heading: groupHeadings[name],
    isSecret: /KEY|SECRET|_URL$/.test(name) && name !== 'SHOP_URL' && name !== 'PAYMENT_PUBLISHABLE_KEY',
  }
})

/** A value as it would be set in the environment. */
function textOf(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.join(',') : value === undefined ? '' : JSON.stringify(value)
  return text === '' ? undefined : text.replace(/^"(.*)"$/, '$1')
}

/** Names in the environment that are probably settings written wrongly, each with the setting that was meant. */
export function mistypedSettings(env: Readonly<Record<string, string | undefined>> = process.env): [string, string][] {
  const names = Object.keys(settings)
  return Object.keys(env).flatMap((name): [string, string][] => {
    if (names.includes(name)) return []
    const meant = closest(name, names)
    return distance(name, meant) <= Math.min(3, Math.floor(name.length / 4)) && name.length > 4 ? [[name, meant]] : []
  })
}

/** What is wrong with a setting, for people: zod's own texts speak of types. A schema's own text comes first. */
function problemOf({ code, ...issue }: z.core.$ZodRawIssue): string | undefined {
  const [unit, verb] = issue.origin === 'string' ? [' characters', 'have'] : ['', 'be']
  if (code === 'too_small') return `must ${verb} at least ${String(issue.minimum)}${unit}`
  if (code === 'too_big') return `must ${verb} at most ${String(issue.maximum)}${unit}`
  return code === 'invalid_value' ? `must be one of ${String(issue.values).replaceAll(',', ', ')}` : undefined
}

/**
 * Reads the environment once, at boot. A variable without text counts as unset.
 * @throws BootError that names every invalid variable with its remedy, and no values, which may be secrets
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(settings).flatMap((name) => {
      const value = env[name]?.trim()
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
  const parsed = configSchema.safeParse(given, { error: problemOf })
  if (parsed.success) return Object.freeze(parsed.data)
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new BootError(
    `The environment is not valid:\n${problems.join('\n')}\nCorrect or unset ${problems.length === 1 ? 'this variable' : 'these variables'} and start again; \`npm run doctor\` lists them all.`,
  )
}
