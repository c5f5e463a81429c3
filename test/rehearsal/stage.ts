import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '#client'
import { startProxy, type Proxy } from '#test'
import { environmentNamespaces } from '../../deploy/eb/known-options.ts'
import { webOptionSettings, workerOptionSettings } from '../../deploy/eb/option-settings.ts'
import { infrastructureSchema } from '../../deploy/release/infrastructure.ts'
import { stackOutputs, testSettings } from '../../deploy/release/infrastructure.fixture.ts'
import { startPostgres, startStandby, type Postgres } from '../failure/shop/postgres.ts'
import { providerKeys, startProvider, type Provider } from '../failure/shop/provider.ts'
import { startRedisServer, type RedisServer } from '../failure/shop/redis.ts'
import { startSentinel } from '../failure/shop/sentinel.ts'
import type { Template } from '../failure/shop/template.ts'
import { runProgram } from '../support/program.ts'
import { createColour, type ColourEnvironment } from './colour.ts'
import { startBalancer, type Algorithm, type Balancer, type Colour } from './haproxy.ts'

/** Everything that runs on the one machine: stores with their spares, balancer, two colours, provider. */
export interface Stage extends AsyncDisposable {
  readonly balancer: Balancer
  readonly colours: Record<Colour, ColourEnvironment>
  readonly provider: Provider
  /** The current primary. */
  postgres(): Postgres
  /** Kills the primary of Postgres; its synchronous standby takes over its address. */
  failOverPostgres(): Promise<void>
  /** Kills the primary of Redis; Sentinel promotes its replica, which takes over its address. */
  failOverRedis(): Promise<void>
  /** Account of staff in this shop. */
  readonly staff: { email: string; password: string }
  /** Session of a customer. */
  customerToken(): Promise<string>
  emails(): Promise<string[]>
  writeLogs(): Promise<void>
}

export interface StageOptions {
  folder: string
  template: Template
  bundles: Record<Colour, string>
  algorithm: Algorithm
}

export async function openStage({ folder, template, bundles, algorithm }: StageOptions): Promise<Stage> {
  await using resources = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  // As root, Postgres runs under another account.
  await chmod(folder, 0o755)
  const first = resources.use(
    await startPostgres({
      dir: join(folder, 'postgres'),
      template,
      settings: { synchronous_standby_names: 'standby' },
    }),
  )
  const standby = resources.use(await startStandby(first, { dir: join(folder, 'standby'), template, name: 'standby' }))
  let primary = first
  const redis = resources.use(await startRedisServer({ dir: join(folder, 'redis') }))
  const sentinel = resources.use(await startSentinel(folder, redis))
  const postgresProxy = resources.use(await startProxy(first.port))
  const redisProxy = resources.use(await startProxy(redis.port))
  const provider = resources.use(await startProvider(folder, undefined))
  const staff = await addStaff(first, folder)
  const balancer = resources.use(await startBalancer(join(folder, 'haproxy'), algorithm))
  const stores = { postgresProxy, redisProxy, postgres: first, redis, provider }
  const environmentOf = (tier: 'web' | 'worker') => environment(tier, { ...stores, folder })
  const make = async (colour: Colour): Promise<ColourEnvironment> =>
    resources.use(
      await createColour({ colour, bundle: bundles[colour], state: join(folder, colour), environmentOf, balancer }),
    )
  const colours = { blue: await make('blue'), green: await make('green') }
  const kept = resources.move()
  return {
    balancer,
    colours,
    provider,
    staff,
    postgres: () => primary,
    async failOverPostgres() {
      await primary.kill()
      await standby.query('select pg_promote(true, 30)')
      primary = standby
      postgresProxy.retarget(standby.port)
      postgresProxy.reset()
    },
    async failOverRedis() {
      await redis.kill()
      redisProxy.reset()
      await sentinel.failedOver()
      redisProxy.retarget(sentinel.replica.port)
      redisProxy.reset()
    },
    async customerToken() {
      const email = 'buyer@my-shop.test'
      const { token } = await createClient({ url: balancer.liveUrl }).user.register.mutate({
        email,
        password: 'a long walk on the beach',
      })
      return token
    },
    emails: () => readdir(join(folder, 'emails')).catch(() => []),
    async writeLogs() {
      for (const { colour, output } of Object.values(colours)) await writeFile(join(folder, `${colour}.log`), output())
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

interface Stores {
  folder: string
  postgresProxy: Proxy
  redisProxy: Proxy
  postgres: Postgres
  redis: RedisServer
  provider: Provider
}

const production = {
  NODE_ENV: 'production',
  SECRET_KEY: 'b0a7c9d4e1f2385796a4c3b2d1e0f9a8',
}

/** The environment that Beanstalk's option settings make, with the stores of this machine in place of the secrets. */
function environment(tier: 'web' | 'worker', { folder, ...stores }: Stores): Record<string, string> {
  const input = { infrastructure: infrastructureSchema.parse(stackOutputs), settings: testSettings, size: 2 }
  const options = tier === 'web' ? webOptionSettings(input) : workerOptionSettings(input)
  const plain = options.filter(({ Namespace: namespace }) => namespace === environmentNamespaces.plain)
  return {
    ...Object.fromEntries(plain.map(({ OptionName: name, Value: value }) => [name, value])),
    ...production,
    ALLOW_IN_PRODUCTION: 'test-payments,email-to-folder',
    DATA_DIR: folder,
    DATABASE_URL: stores.postgres.url(stores.postgresProxy.port),
    REDIS_URL: stores.redis.url(stores.redisProxy.port),
    CACHE_REDIS_URL: '',
    PAYMENT_URL: stores.provider.url,
    PAYMENT_SECRET_KEY: providerKeys.apiKey,
    PAYMENT_WEBHOOK_SECRET: providerKeys.webhookSecret,
    EMAIL_FROM: 'Shop <shop@my-shop.test>',
    // All clients have the address of this machine.
    LIMITS_EXEMPT: '127.0.0.0/8,::1/128',
    LOG_LEVEL: 'warn',
    METRICS_PORT: '0',
    DRAIN_MS: '500',
    HOLDFAST_PROCESSES: '1',
  }
}

async function addStaff(postgres: Postgres, dataDir: string): Promise<Stage['staff']> {
  const email = 'staff@my-shop.test'
  await using program = runProgram(['staff', 'add', email], {
    env: { DATABASE_URL: postgres.url(), DATA_DIR: dataDir },
  })
  await program.ended()
  const password = /One-time password: (\S+)/.exec(program.output())?.[1]
  if (password === undefined) throw new Error(`no account of staff was created:\n${program.output()}`)
  return { email, password }
}
