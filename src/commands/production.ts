import { isHttps, type Config } from '#config'
import { BootError } from '#errors'
import { isLoopback, isPublicHost } from '#lib/host'

/** What makes a shop unsafe for real buyers. */
export interface ProductionProblem {
  setting: keyof Config
  /** What is wrong, and what to set. */
  message: string
}

interface Rule {
  setting: keyof Config
  /** It concerns every command that connects, also one that serves no buyers, such as `migrate`. */
  isAboutConnections?: boolean
  /** Name in ALLOW_IN_PRODUCTION. */
  exception?: string
  /** @returns undefined when nothing is wrong */
  check(config: Config): string | undefined
}

const rules: readonly Rule[] = [
  {
    setting: 'SHOP_URL',
    check({ SHOP_URL: url }) {
      if (url === undefined)
        return 'is not set. Set it to the public address of the shop, such as https://shop.example.com: cookies are restricted to HTTPS by it, and emails link to it.'
      return url.startsWith('http:') && isPublicHost(new URL(url).hostname)
        ? 'is not HTTPS: sessions and addresses would cross the internet in clear. Let the balancer end TLS, and set an https address.'
        : undefined
    },
  },
  {
    setting: 'SECRET_KEY',
    check: ({ SECRET_KEY: key, DATABASE_URL: database }) =>
      key === undefined && database !== undefined
        ? 'is not set. Each replica would generate its own and reject the tokens of the others. Set the same random key on all, such as from `openssl rand -hex 32`.'
        : undefined,
  },
  {
    setting: 'TRUST_PROXY',
    check: (config) =>
      config.TRUST_PROXY === undefined && isHttps(config) && !isLoopback(config.HOST)
        ? 'is not set. All visitors would count as one, the balancer, and share its limits. Set it to the addresses or networks of the balancer, such as 10.0.0.0/8.'
        : undefined,
  },
  {
    setting: 'PAYMENT_SECRET_KEY',
    exception: 'test-payments',
    check({ PAYMENT_SECRET_KEY: key }) {
      if (key === undefined) return 'is not set. Set the live key of your Stripe account (sk_live_ or rk_live_).'
      return key.includes('_live_')
        ? undefined
        : 'is no live key: nobody would pay. Set the live key of your Stripe account (sk_live_ or rk_live_).'
    },
  },
  {
    setting: 'PAYMENT_URL',
    exception: 'test-payments',
    check: ({ PAYMENT_URL: url }) =>
      url === undefined || url.startsWith('https:')
        ? undefined
        : 'is not HTTPS, as that of a sandbox: the key would be sent in clear. Unset it to use Stripe.',
  },
  {
    setting: 'PAYMENT_WEBHOOK_SECRET',
    exception: 'test-payments',
    check: ({ PAYMENT_WEBHOOK_SECRET: secret }) =>
      secret === undefined
        ? 'is not set: refunds and disputes made at the provider would go unnoticed. Create a webhook endpoint for <SHOP_URL>/webhooks/payment in Stripe, and set its signing secret (whsec_).'
        : undefined,
  },
  {
    setting: 'SMTP_URL',
    exception: 'email-to-folder',
    check: ({ SMTP_URL: url }) =>
      url === undefined
        ? 'is not set: buyers would get no email. Set the SMTP server, such as smtps://user:password@host.'
        : undefined,
  },
  {
    setting: 'SMTP_URL',
    exception: 'plaintext-smtp',
    check({ SMTP_URL: text }) {
      if (text === undefined) return undefined
      const url = new URL(text)
      const isEncrypted = url.protocol === 'smtps:' || url.searchParams.get('requireTLS') === 'true'
      return isEncrypted || isLoopback(url.hostname)
        ? undefined
        : 'does not demand TLS. Use smtps://, or add ?requireTLS=true for a server with STARTTLS.'
    },
  },
  {
    setting: 'EMAIL_FROM',
    check: ({ EMAIL_FROM: from }) =>
      /@example\.(com|org|net)\b/i.test(from)
        ? 'is the address of an example: receivers would reject the emails. Set an address of your domain, such as My shop <shop@my-shop.com>.'
        : undefined,
  },
  {
    setting: 'DATABASE_URL',
    isAboutConnections: true,
    exception: 'plaintext-database',
    check: ({ DATABASE_URL: url }) =>
      url === undefined || isEncryptedPostgres(new URL(url))
        ? undefined
        : 'does not demand TLS to a server on another machine. Add ?sslmode=verify-full (and sslrootcert=<file> for a private authority).',
  },
  ...(['REDIS_URL', 'CACHE_REDIS_URL'] as const).map((setting): Rule => ({
    setting,
    isAboutConnections: true,
    exception: 'plaintext-redis',
    check(config) {
      const url = config[setting]
      return url === undefined || url.startsWith('rediss:') || isLoopback(new URL(url).hostname)
        ? undefined
        : 'does not demand TLS to a server on another machine. Use rediss://.'
    },
  })),
]

/** Whether a connection stays on this machine, or is encrypted with a verified certificate, as node-postgres reads the URL. */
function isEncryptedPostgres({ hostname, searchParams }: URL): boolean {
  const host = searchParams.get('host') ?? decodeURIComponent(hostname)
  if (host === '' || host.startsWith('/') || isLoopback(host)) return true
  const mode = searchParams.get('sslmode')
  if (searchParams.get('uselibpqcompat') === 'true') return mode === 'verify-ca' || mode === 'verify-full'
  if (mode === null) return ['true', '1'].includes(searchParams.get('ssl') ?? '')
  return ['require', 'verify-ca', 'verify-full'].includes(mode)
}

/** What makes this configuration unsafe for real buyers, without what ALLOW_IN_PRODUCTION names. */
export function productionProblems(config: Config, { isAboutBuyers = true } = {}): ProductionProblem[] {
  return rules.flatMap(({ setting, isAboutConnections = false, exception, check }) => {
    if (!isAboutBuyers && !isAboutConnections) return []
    if (exception !== undefined && config.ALLOW_IN_PRODUCTION.includes(exception)) return []
    const problem = check(config)
    if (problem === undefined) return []
    const remedy = exception === undefined ? '' : ` To allow it anyway: ALLOW_IN_PRODUCTION=${exception}.`
    return [{ setting, message: `${problem}${remedy}` }]
  })
}

/** Whether the shop has a public address, where real buyers find it. */
export const isPublic = ({ SHOP_URL: url }: Config): boolean =>
  url?.startsWith('https:') === true && isPublicHost(new URL(url).hostname)

/** @throws BootError in production that names each unsafe setting with its remedy */
export function requireProductionSafety(config: Config, options: { isAboutBuyers?: boolean } = {}): void {
  if (config.NODE_ENV !== 'production') return
  const problems = productionProblems(config, options)
  if (problems.length === 0) return
  throw new BootError(
    `This shop is not safe for production (NODE_ENV=production):\n${describeProblems(problems)}\nCorrect ${problems.length === 1 ? 'this setting' : 'these settings'} and start again; \`npm run doctor\` checks them.`,
  )
}

export const describeProblems = (problems: readonly ProductionProblem[]): string =>
  problems.map(({ setting, message }) => `  ${setting} ${message}`).join('\n')
