import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from './settings.ts'
import { connectionsPeak, connectionsReserved, monthlyCost, sizeNames, sizes } from './sizes.ts'

const sound = { account: '123456789012', region: 'eu-central-1', size: 'small', alarmEmail: 'alarms@shop.test' }

const messageOf = (context: Record<string, unknown>, env: Record<string, string> = {}): string => {
  try {
    readSettings(context, env)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

describe('Settings of a deployment', () => {
  test('Few settings suffice: names, zones and budget have defaults', () => {
    expect(readSettings(sound)).toEqual({
      ...sound,
      name: 'holdfast',
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
      domain: undefined,
      budgetUsd: Math.ceil(monthlyCost(sizes.small) * 0.15) * 10,
    })
  })

  test('All missing settings are named in one message, each with its remedy', () => {
    const message = messageOf({})
    for (const key of ['account', 'region', 'size', 'alarmEmail'])
      expect(message).toMatch(new RegExp(`^  ${key}: .+`, 'm'))
  })

  test.each([
    ['account', { account: '123' }],
    ['account', { account: '210987654321' }, { CDK_DEFAULT_ACCOUNT: '123456789012' }],
    ['region', { region: 'eu-central-1a' }],
    ['region', { region: 'cn-north-1' }],
    ['region', { region: 'us-west-1' }],
    ['zones', { region: 'ap-northeast-1' }],
    ['zones', { zones: 'eu-central-1a,eu-central-1b' }],
    ['zones', { zones: 'eu-west-1a,eu-west-1b,eu-west-1c' }],
    ['name', { name: 'Shop_1' }],
    ['size', { size: 'medium' }],
    ['alarmEmail', { alarmEmail: 'nobody' }],
    ['alarmEmail', { alarmEmail: 'owner@example.com' }],
    ['hostedZoneId', { domain: 'shop.example.org' }],
    ['domain', { hostedZoneId: 'Z0123456789ABCDEFGHIJ' }],
    ['domain', { domain: 'https://shop.example.org', hostedZoneId: 'Z0123456789ABCDEFGHIJ' }],
    [
      'hostedZoneName',
      { domain: 'shop.example.org', hostedZoneId: 'Z0123456789ABCDEFGHIJ', hostedZoneName: 'other.org' },
    ],
    ['budgetUsd', { budgetUsd: 'much' }],
    ['alarmMail', { alarmMail: 'a@shop.test' }],
  ] as [string, Record<string, string>, Record<string, string>?][])(
    'A wrong setting is named: %s of %o',
    (key, context, env) => {
      expect(messageOf({ ...sound, ...context }, env)).toMatch(new RegExp(`^  ${key}: .+`, 'm'))
    },
  )
})

describe.each(sizeNames)('Size %s', (name) => {
  const size = sizes[name]

  test('Both colours at their largest keep connections free for migrations and staff', () => {
    expect(connectionsPeak(size) + connectionsReserved).toBeLessThanOrEqual(size.database.maxConnections)
  })

  test('A zone can be lost: three web instances, two workers, a reader and replicas', () => {
    expect(size.web.instancesMin).toBeGreaterThanOrEqual(3)
    expect(size.worker.instancesMin).toBeGreaterThanOrEqual(2)
    expect(size.database.readers).toBeGreaterThanOrEqual(1)
    expect(size.queue.replicas).toBeGreaterThanOrEqual(1)
    expect(size.cache.replicas).toBeGreaterThanOrEqual(1)
  })
})
