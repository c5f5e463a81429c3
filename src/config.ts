import { resolve } from 'node:path'
import { z } from 'zod'
import { BootError } from '#errors'

/**
 * Every setting of the program: its environment variable, its default and what it is for. `doctor` prints this list,
 * so the description is the documentation.
 */
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
  .regex(/^[A-Z]{3}(,[A-Z]{3})*$/, 'must be ISO 4217 codes with commas between, such as USD,EUR,CNY')
  .transform((list) => list.split(','))
const key = z.string().min(32, 'must have at least 32 characters')

const settings = {
  PORT: port.default(3000).describe('Port of the shop; 0 takes a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 behind a load balancer'),
  METRICS_PORT: port
    .optional()
    .describe(
      'Port of /metrics (and of /livez and /readyz of a worker), which no balancer may forward; off unless given',
    ),
  DATABASE_URL: url('postgres:', 'postgresql:')
    .optional()
    .describe('Postgres 17 or later; without it the embedded one is started'),
  DATABASE_POOL: positive.max(500).default(10).describe('Connections to Postgres a process may hold'),
  REDIS_URL: url('redis:', 'rediss:')
    .optional()
    .describe('Redis for the queue (maxmemory-policy noeviction); without it the queue lives in Postgres'),
  CACHE_REDIS_URL: url('redis:', 'rediss:')
    .optional()
    .describe(
      "Redis of its own for the replicas' shared cache (maxmemory and maxmemory-policy allkeys-lfu); never the queue's, which must not evict",
    ),
  CACHE_MAX_BYTES: z.coerce
    .number()
    .int('must be a whole number')
    .min(0)
    .max(2 ** 32)
    .default(32 * 2 ** 20)
    .describe('Memory of a process for cached catalog answers, bytes; 0 switches the cache off'),
  READ_ONLY: flag
    .default(false)
    .describe('true: maintenance. The catalog and what is stored can be read, everything that would write is refused'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .describe('Folder of the embedded Postgres, generated keys, mail and the sandbox ledger'),
  SECRET_KEY: key
    .optional()
    .describe(
      'Secret from which order access tokens are derived, the same on all replicas; generated into DATA_DIR unless given',
    ),
  SHOP_NAME: z.string().min(1).max(100).default('Holdfast').describe('Name of the shop on pages and in mail'),
  SHOP_URL: url('http:', 'https:').optional().describe('Public address of the shop, for links in mail'),
  SHOP_CURRENCIES: currencies
    .default(['USD', 'EUR', 'CNY'])
    .describe('Currencies sold in; the first is the base currency'),
  PAYMENT_URL: url('http:', 'https:')
    .optional()
    .describe("Address of the payment API when it is not Stripe's own (the sandbox provider)"),
  PAYMENT_SECRET_KEY: z.string().min(8).optional().describe('Secret key of the Stripe account'),
  PAYMENT_WEBHOOK_SECRET: z.string().min(8).optional().describe("Secret that signs the provider's webhooks"),
  PAYMENT_TIMEOUT_MS: positive
    .max(60_000)
    .default(10_000)
    .describe('Longest wait for one call to the payment provider, ms'),
  PAYMENT_CAPTURE: z
    .enum(['now', 'fulfilment'], 'must be now or fulfilment')
    .default('now')
    .describe(
      'When money is taken: now, when the buyer pays; or fulfilment: held then, and taken when the order is sent',
    ),
  PAYMENT_DEADLINE_SECONDS: positive
    .max(30 * 86_400)
    .default(900)
    .describe('How long a placed order waits for its payment, s'),
  RETURN_DAYS: positive
    .max(365)
    .default(60)
    .describe('How long after it was sent an order can be returned, days; then it is closed'),
  SMTP_URL: url('smtp:', 'smtps:').optional().describe('Mail server; without it mail is written to DATA_DIR/emails'),
  EMAIL_FROM: z
    .string()
    .min(3)
    .default('Holdfast <shop@example.com>')
    .describe('Sender of the mail that the shop writes'),
  CORS_ORIGINS: z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .default([])
    .describe('Other origins whose pages may call the API, with commas between'),
  TRUST_PROXY: z
    .string()
    .min(1)
    .optional()
    .describe('Addresses or networks (commas between) of the balancer whose X-Forwarded-For is believed'),
  COOKIE_SECURE: flag.default(false).describe('true: cookies travel over HTTPS alone'),
  SESSION_DAYS: positive.max(365).default(30).describe('How long a session lasts, days'),
  LOGIN_ATTEMPTS: positive
    .max(1_000_000)
    .default(10)
    .describe('Failed logins allowed per account and address in 15 minutes'),
  REGISTER_ATTEMPTS: positive.max(1_000_000).default(20).describe('Registrations allowed per address in 15 minutes'),
  REQUEST_TIMEOUT_MS: positive.max(120_000).default(10_000).describe('Longest time one request may take, ms'),
  DRAIN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(300_000)
    .default(0)
    .describe(
      "How long readiness is false before the server closes, ms; a little more than the balancer's check interval",
    ),
  SHUTDOWN_MS: positive
    .max(300_000)
    .default(10_000)
    .describe('Longest time a stop may take before the process ends itself, ms'),
  WORKER_CONCURRENCY: positive.max(1000).default(32).describe('Wake-ups that one worker handles at a time'),
  TURN_MESSAGES_MAX: positive
    .max(1_000)
    .default(64)
    .describe('Messages (orders, say) that one transaction takes at most; 1 gives each one of its own'),
  TURNS_CONCURRENT: positive
    .max(100)
    .default(3)
    .describe('Such transactions that a process has under way for each kind of actor'),
  QUEUE_STALL_MS: positive
    .max(600_000)
    .default(15_000)
    .describe('How long wake-ups may wait for a queue worker with room before it is opened anew, ms'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe log lines that are written'),
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
    message: "name another Redis than REDIS_URL's: a cache evicts, and the queue must not",
  })
  .transform((env) => ({ ...env, DATA_DIR: resolve(env.DATA_DIR) }))

export type Config = Readonly<z.output<typeof configSchema>>

/** A setting as `doctor` lists it. */
export interface Setting {
  name: string
  description: string
  isSecret: boolean
}

export const settingList: Setting[] = Object.entries(settings).map(([name, schema]) => ({
  name,
  description: schema.description ?? '',
  isSecret: /KEY|SECRET|_URL$/.test(name),
}))

/**
 * Reads the environment once, at boot. An empty variable counts as not given.
 * @throws BootError that names every wrong variable and its remedy, all at once; values are not repeated, since they may be secrets.
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
