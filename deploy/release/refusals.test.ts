import { describe, expect, it, vi } from 'vitest'
import {
  changesOf,
  createFakeAccount,
  livePrefix,
  stateOf,
  untouched,
  type FakeAccount,
} from './fake/fake-account.fixture.ts'
import { ReleaseError } from './release-error.ts'
import { deploy, plan, resume, rollback } from './release.ts'

/** The release stops before anything changes, its record included, and says what to do. */
async function expectRefused(
  account: FakeAccount,
  message: string | RegExp,
  changes: Parameters<FakeAccount['input']>[0] = {},
): Promise<void> {
  const before = stateOf(account)
  const failure = await deploy(account.input({ maxAttempts: 1, ...changes }), account.deployment).catch(
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(ReleaseError)
  const { message: text, remedy } = failure as ReleaseError
  expect(text).toMatch(message)
  expect(remedy).not.toBe('')
  expect(stateOf(account)).toEqual(before)
  expect(changesOf(account)).toEqual([])
  expect(account.world.objects.size).toBe(0)
}

describe('a release is refused, and nothing changes,', () => {
  it('without credentials', async () => {
    await using account = await createFakeAccount()
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    await expectRefused(account, 'There are no AWS credentials')
  })

  it.each([
    ['unknown', 'AWS does not know these credentials'],
    ['expired', 'The AWS credentials have expired'],
    ['denied', 'AWS denies this call'],
  ] as const)('with credentials that are %s', async (credentials, message) => {
    await using account = await createFakeAccount()
    account.world.faults.credentials = credentials
    await expectRefused(account, message)
  })

  it('in another account than the settings name', async () => {
    await using account = await createFakeAccount()
    await expectRefused(account, /credentials are of account 123456789012 .*the settings name 210987654321/, {
      shop: { account: '210987654321' },
    })
  })

  it('in another region', async () => {
    await using account = await createFakeAccount()
    await expectRefused(account, 'There is no stack Holdfast in us-east-1', { shop: { region: 'us-east-1' } })
  })

  it('where AWS is out of reach', async () => {
    await using account = await createFakeAccount()
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9')
    await expectRefused(account, 'AWS cannot be reached')
  })

  it('with a stack that is missing, or lacks an output', async () => {
    await using account = await createFakeAccount()
    await expectRefused(account, 'There is no stack Other', { shop: { stacks: ['Other'] } })
    delete account.world.outputs['VpcId']
    await expectRefused(account, /The stacks lack outputs:[^]*VpcId/)
  })

  it.each(['Updating', 'Terminating'] as const)('while the running environment is %s', async (status) => {
    await using account = await createFakeAccount()
    const web = account.world.find('holdfast-web-blue')
    if (web !== undefined) web.status = status
    await expectRefused(account, `holdfast-web-blue is not well: ${status}`)
  })

  it('while the workers are not well', async () => {
    await using account = await createFakeAccount()
    const worker = account.world.find('holdfast-worker-blue')
    if (worker !== undefined) worker.health = 'Severe'
    await expectRefused(account, 'holdfast-worker-blue is not well: Ready, health Severe')
  })

  it('without workers beside the running environment', async () => {
    await using account = await createFakeAccount({ isEmpty: true })
    account.world.add({ name: 'holdfast-web-blue', tier: 'WebServer', version: 'v1', cnamePrefix: livePrefix })
    await expectRefused(account, 'its worker environment holdfast-worker-blue is missing')
  })

  it('beside what an earlier release has left without a record', async () => {
    await using account = await createFakeAccount()
    account.world.add({ name: 'holdfast-worker-green', tier: 'Worker', version: 'v0' })
    await expectRefused(account, 'holdfast-worker-green (v0, Ready, health Ok) is left of an earlier release')
  })

  it('with migrations that are not safe for the running version', async () => {
    await using account = await createFakeAccount()
    const asked: unknown[] = []
    const checkMigrations = async (...versions: unknown[]): Promise<void> => {
      asked.push(...versions)
      throw new ReleaseError('0004_next.sql: drops a column', { remedy: 'Expand first.' })
    }
    await expectRefused(account, '0004_next.sql: drops a column', { checkMigrations })
    expect(asked).toEqual(['v2', 'v1'])
    await expect(plan(account.input({ checkMigrations }), account.deployment)).rejects.toThrow('drops a column')
  })

  it('as a canary where nothing serves', async () => {
    await using account = await createFakeAccount({ isEmpty: true })
    const canary = { ...account.deployment, strategy: 'canary' as const }
    await expect(deploy(account.input(), canary)).rejects.toThrow('no environment yet whose traffic could be split')
    expect(account.world.objects.size).toBe(0)
  })

  it('beside a record that it cannot read', async () => {
    await using account = await createFakeAccount()
    account.world.objects.set('holdfast-bundles/release/current.json', { body: Buffer.from('{}'), etag: '"1"' })
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('release/current.json) cannot be read')
    expect(changesOf(account)).toEqual([])
  })
})

describe('a name', () => {
  it('of an address that another account has stops the release before its web environment', async () => {
    await using account = await createFakeAccount()
    account.world.foreignNames.add('holdfast-shop-green')
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('holdfast-shop-green is taken')
    await rollback(account.input())
    expect(stateOf(account)).toEqual(untouched)
  })

  it('of an environment that another application has stops the release before it is created', async () => {
    await using account = await createFakeAccount()
    account.world.foreignNames.add('holdfast-worker-green')
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow(
      'The name holdfast-worker-green is taken by an environment of another application',
    )
    expect(stateOf(account)).toEqual(untouched)
    await rollback(account.input())
    expect(stateOf(account)).toEqual(untouched)
  })

  it('that somebody takes while a release is stopped is not touched by resuming or rolling back', async () => {
    await using account = await createFakeAccount()
    account.world.faults.rejectedOption = true
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('rejects the')
    account.world.faults = {}
    account.world.add({ name: 'holdfast-worker-green', tier: 'Worker', version: 'v0' })
    const before = stateOf(account)
    await expect(resume(account.input())).rejects.toThrow('holdfast-worker-green is taken by an environment of v0')
    await expect(rollback(account.input())).rejects.toThrow('holdfast-worker-green runs v0')
    expect(stateOf(account)).toEqual(before)
  })
})

describe('an earlier release', () => {
  it('that stopped is to be resumed or rolled back before another begins', async () => {
    await using account = await createFakeAccount()
    account.world.faults.rejectedBundle = true
    await expect(deploy(account.input(), account.deployment)).rejects.toThrow('rejects the')
    const next = { ...account.deployment, version: 'v3' }
    const failure = await deploy(account.input(), next).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      message: 'The release of v2 is unfinished (deploying): it stopped: Beanstalk rejects the bundle of v2.',
      remedy: expect.stringMatching(/resume.*rollback/) as string,
    })
    await expect(plan(account.input(), next)).rejects.toThrow('unfinished')
  })

  it('that is finished is neither resumed nor rolled back', async () => {
    await using account = await createFakeAccount()
    await expect(resume(account.input())).rejects.toThrow('There is no unfinished release')
    await deploy(account.input(), account.deployment)
    const calls = changesOf(account)
    await expect(rollback(account.input())).rejects.toThrow('There is no unfinished release')
    expect(changesOf(account)).toEqual(calls)
  })
})

describe('addresses that somebody swapped by hand', () => {
  it('keep the environment that serves from being terminated', async () => {
    await using account = await createFakeAccount()
    const print = (line: string): void => {
      if (!/ terminate-old-worker /.test(line)) return
      const [blue, green] = [account.world.find('holdfast-web-blue'), account.world.find('holdfast-web-green')]
      if (blue === undefined || green === undefined) throw new Error('an environment is missing')
      account.world.setAddress(green, undefined)
      account.world.setAddress(blue, livePrefix)
    }
    await expect(deploy(account.input({ print }), account.deployment)).rejects.toThrow(
      'holdfast-web-blue has the live address: it is not terminated',
    )
    expect(stateOf(account)).toContain('holdfast-web-blue v1 Ready live')
  })
})
