import { resolve } from 'node:path'
import { z } from 'zod'
import { BootError } from '#errors'

const port = z.coerce.number().int('must be a whole number').min(0).max(65_535, 'must be 0 to 65535')
const positive = z.coerce.number().int('must be a whole number').min(1)
const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
const currencies = z
  .string()
  .regex(/^[A-Z]{3}(,[A-Z]{3})*$/, 'must be ISO 4217 codes separated by commas, such as USD,EUR,CNY')
  .transform((list) => list.split(','))
const key = z.string().min(32, 'must have at least 32 characters')

/**
 * Every setting of the program, by environment variable. `doctor` prints this list: the description is the documentation
 * of the setting.
 */
const settings = {
  NODE_ENV: z.string().optional().describe('production forbids demo accounts: none are created, and none can log in.'),
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
  CACHE_MAX_BYTES: z.coerce
    .number()
    .int('must be a whole number')
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
  SHOP_URL: url('http:', 'https:').optional().describe('Public address of the shop, for links in emails.'),
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
  RETURN_DAYS: positive
    .max(365)
    .default(60)
    .describe('Time after sending in which an order can be returned, days. The order is closed afterwards.'),
  SMTP_URL: url('smtp:', 'smtps:')
    .optional()
    .describe('SMTP server. Without it emails are written to DATA_DIR/emails.'),
  EMAIL_FROM: z
    .string()
    .min(3)
    .default('Holdfast <shop@example.com>')
    .describe('Sender address of emails, as Name <address>.'),
  CORS_ORIGINS: z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .default([])
    .describe('Other origins whose pages may call the API, separated by commas.'),
  TRUST_PROXY: z
    .string()
    .min(1)
    .optional()
    .describe('Addresses or networks of the balancer whose X-Forwarded-For is trusted, separated by commas.'),
  COOKIE_SECURE: flag.default(false).describe('true restricts cookies to HTTPS.'),
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
  DRAIN_MS: z.coerce
    .number()
    .int()
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
  .transform((env) => ({ ...env, DATA_DIR: resolve(env.DATA_DIR) }))

export type Config = Readonly<z.output<typeof configSchema>>

/** A setting as listed by `doctor`. */
export interface Setting {
  name: string
  description: string
  isSecret: boolean
}

export const settingList: Setting[] = Object.entries(settings).map(([name, schema]) => ({
  name,
  description: schema.description ?? '',
  isSecret: /KEY|SECRET|_URL$/.test(name) && !/PUBLISHABLE/.test(name),
}))

/**
 * Reads the environment once, at boot. An empty variable counts as unset.
 * @throws BootError that names every invalid variable with its remedy, and no values, which may be secrets
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(settings).flatMap((name) => (env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]])),
  )
  const parsed = configSchema.safeParse(given)
  if (parsed.success) return Object.freeze(parsed.data)
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new BootError(
    `The environment is not valid:\n${problems.join('\n')}\nCorrect or unset ${problems.length === 1 ? 'this variable' : 'these variables'} and start again; \`npm run doctor\` lists them all.`,
  )
}
