import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { loadConfig, settingList } from '../../src/config.ts'
import { infrastructureSchema } from '../release/infrastructure.ts'
import { stackOutputs, testSettings } from '../release/infrastructure.fixture.ts'
import { balancingAlgorithms } from '../release/release-settings.ts'
import { productionProblems } from '../../src/commands/production.ts'
import { settingsFromEnvironment } from './files/settings.ts'
import { environmentNamespaces, optionProblem, type OptionSetting } from './known-options.ts'
import {
  balancerIdleSeconds,
  drainMs,
  shutdownMs,
  targetGroupAttributes,
  webOptionSettings,
  workerOptionSettings,
} from './option-settings.ts'

const input = { infrastructure: infrastructureSchema.parse(stackOutputs), settings: testSettings, size: 5 }
const tiers = { web: webOptionSettings(input), worker: workerOptionSettings(input) }
const valueOf = (options: OptionSetting[], namespace: string, name: string): string | undefined =>
  options.find((option) => option.Namespace === namespace && option.OptionName === name)?.Value
const environmentOf = (options: OptionSetting[]): Record<string, string> =>
  Object.fromEntries(
    options
      .filter(({ Namespace: namespace }) => namespace === environmentNamespaces.plain)
      .map(({ OptionName: name, Value: value }) => [name, value]),
  )
const nginx = await readFile(new URL('files/.platform/nginx/nginx.conf', import.meta.url), 'utf8')
const seconds = (directive: RegExp): number => Number(directive.exec(nginx)?.[1])

describe.each(Object.entries(tiers))('option settings of the %s tier', (tier, options) => {
  it('are all known to Beanstalk, with allowed values', () => {
    expect(options.map(optionProblem).filter((problem) => problem !== undefined)).toEqual([])
  })

  it('name each option once', () => {
    const names = options.map((option) => `${option.Namespace} ${option.OptionName}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it('set only documented settings of the shop, beside HOLDFAST_ of the start script', () => {
    const known = settingList.map(({ name }) => name)
    const unknown = Object.keys(environmentOf(options)).filter(
      (name) => !known.includes(name) && !name.startsWith('HOLDFAST_'),
    )
    expect(unknown).toEqual([])
  })

  it('make a shop that is safe for production, with the secrets of the account', () => {
    const secrets = {
      HOLDFAST_DATABASE_SECRET: '{"username":"holdfast","password":"a/b@c:d"}',
      HOLDFAST_REDIS_SECRET: '{"authToken":"redis-token-0123456789"}',
      HOLDFAST_SHOP_SECRET: '{"SECRET_KEY":"b0a7c9d4e1f2385796a4c3b2d1e0f9a8"}',
      HOLDFAST_PROVIDER_SECRET: JSON.stringify({
        PAYMENT_SECRET_KEY: 'sk_live_0123456789',
        PAYMENT_WEBHOOK_SECRET: 'whsec_0123456789',
        SMTP_URL: 'smtps://user:password@smtp.my-shop.com',
      }),
    }
    const environment = { ...environmentOf(options), ...secrets, EMAIL_FROM: 'Shop <shop@my-shop.com>' }
    const { command, settings } = settingsFromEnvironment(environment)
    const config = loadConfig({ ...environment, ...settings })
    expect(command[0]).toBe(tier === 'web' ? 'serve' : 'worker')
    expect(productionProblems(config)).toEqual([])
    expect(decodeURIComponent(new URL(config.DATABASE_URL ?? '').password)).toBe('a/b@c:d')
  })

  it('hold no secret, only where secrets are', () => {
    expect(JSON.stringify(options)).not.toMatch(/password|sk_live|whsec_|rediss:|postgres:/)
    expect(options.filter(({ Namespace: namespace }) => namespace === environmentNamespaces.secrets)).toHaveLength(4)
  })

  it('start as many instances as the environment that they replace has', () => {
    expect(valueOf(options, 'aws:autoscaling:asg', 'MinSize')).toBe('5')
  })

  it('demand IMDSv2 and enhanced health', () => {
    expect(valueOf(options, 'aws:autoscaling:launchconfiguration', 'DisableIMDSv1')).toBe('true')
    expect(valueOf(options, 'aws:elasticbeanstalk:healthreporting:system', 'SystemType')).toBe('enhanced')
  })
})

describe('connections', () => {
  it('close from the inside out: balancer before nginx, nginx before the shop', async () => {
    const server = await readFile(new URL('../../src/http/server.ts', import.meta.url), 'utf8')
    const shopMs = Number(/keepAliveTimeout: ([\d_]+)/.exec(server)?.[1]?.replaceAll('_', ''))
    const [upstream, clients] = [
      seconds(/upstream[^}]*keepalive_timeout (\d+)s/s),
      seconds(/listen 80.*?keepalive_timeout (\d+)s/s),
    ]
    expect(balancerIdleSeconds).toBeLessThan(clients)
    expect(upstream * 1000).toBeLessThan(shopMs)
    expect(valueOf(tiers.web, 'aws:elbv2:loadbalancer', 'IdleTimeout')).toBe(String(balancerIdleSeconds))
  })

  it('get time to drain before the service is killed', async () => {
    const service = await readFile(new URL('files/.ebextensions/10_service.config', import.meta.url), 'utf8')
    expect(drainMs + shutdownMs).toBeLessThan(Number(/TimeoutStopSec=(\d+)/.exec(service)?.[1]) * 1000)
    expect(environmentOf(tiers.web)).toMatchObject({ DRAIN_MS: String(drainMs), SHUTDOWN_MS: String(shutdownMs) })
  })

  it('reach the shop on the port that nginx forwards to, whose metrics are elsewhere', () => {
    const environment = environmentOf(tiers.web)
    expect(nginx).toContain(`server 127.0.0.1:${environment.PORT}`)
    expect(environment.METRICS_PORT).not.toBe(environment.PORT)
    expect(nginx).toContain(`server 127.0.0.1:${environmentOf(tiers.worker).METRICS_PORT}`)
  })
})

it.each(balancingAlgorithms)('balancing by %s sets anomaly mitigation only where it exists', (algorithm) => {
  expect(targetGroupAttributes(algorithm)).toEqual([
    { Key: 'load_balancing.algorithm.type', Value: algorithm },
    { Key: 'load_balancing.algorithm.anomaly_mitigation', Value: algorithm === 'weighted_random' ? 'on' : 'off' },
  ])
})

it.each([
  ['aws:autoscaling:asg', 'MinimumSize', '3'],
  ['aws:autoscaling:asg', 'MinSize', '0'],
  ['aws:elbv2:loadbalancer', 'Algorithm', 'round_robin'],
  ['aws:elbv2:loadbalancer', 'IdleTimeout', '60s'],
  ['aws:elasticbeanstalk:environment', 'LoadBalancerType', 'alb'],
  ['aws:elasticbeanstalk:application:environmentsecrets', 'SECRET_KEY', 'the secret itself'],
])('a wrong option setting is noticed: %s %s=%s', (namespace, name, value) => {
  expect(optionProblem({ Namespace: namespace, OptionName: name, Value: value })).toBeDefined()
})

describe('the start script', () => {
  it.each([
    [{}, /HOLDFAST_TIER/],
    [
      { HOLDFAST_TIER: 'web', HOLDFAST_DATABASE_ENDPOINT: 'db', HOLDFAST_DATABASE_SECRET: 'not json' },
      /DATABASE_SECRET/,
    ],
    [
      { HOLDFAST_TIER: 'web', HOLDFAST_DATABASE_ENDPOINT: 'db', HOLDFAST_DATABASE_SECRET: '{}' },
      /username and password/,
    ],
  ])('rejects %o without its values', (environment, message) => {
    expect(() => settingsFromEnvironment(environment)).toThrow(message)
    expect(() => settingsFromEnvironment(environment)).not.toThrow('not json')
  })

  it('keeps settings that are set directly', () => {
    const { settings } = settingsFromEnvironment({
      HOLDFAST_TIER: 'worker',
      DATABASE_URL: 'postgres://localhost/holdfast',
      HOLDFAST_DATABASE_ENDPOINT: 'db',
      HOLDFAST_DATABASE_SECRET: '{"username":"u","password":"p"}',
    })
    expect(settings).toEqual({})
  })
})
