import { describe, expect, it } from 'vitest'
import { createFakeAccount, released, stateOf, untouched, type FakeAccount } from './fake/fake-account.fixture.ts'
import { afterLeaseMs } from './fake/world.ts'
import { deploy, resume, rollback } from './release.ts'

const minute = 60_000
/** The old environments as before, beside whatever the release has begun. */
const serves = (account: FakeAccount) => stateOf(account).filter((line) => line.includes('-blue '))

async function expectStop(account: FakeAccount, message: string | RegExp): Promise<void> {
  await expect(deploy(account.input({ maxAttempts: 2 }), account.deployment)).rejects.toThrow(message)
}

async function expectRollback(account: FakeAccount): Promise<void> {
  account.world.faults = {}
  await rollback(account.input())
  expect(stateOf(account)).toEqual(untouched)
}

async function expectResume(account: FakeAccount): Promise<void> {
  account.world.faults = {}
  await resume(account.input())
  expect(stateOf(account)).toEqual(released)
}

describe('a new environment', () => {
  it.each(['holdfast-web-green', 'holdfast-worker-green'])('%s that never starts stops the release', async (name) => {
    await using account = await createFakeAccount()
    account.world.faults.stuckLaunching = name
    await expectStop(account, `Waited 30 min in vain for ${name} to be Ready: Launching, health Pending`)
    expect(serves(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it.each(['web', 'worker'])('of the %s tier whose launch fails stops the release with the reason', async (tier) => {
    await using account = await createFakeAccount()
    account.world.faults.failsToLaunch = `holdfast-${tier}-green`
    await expectStop(account, /holdfast-\w+-green did not start.*\n.*CREATE_FAILED/)
    expect(serves(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it('whose health is severe stops the release with what Beanstalk reported', async () => {
    await using account = await createFakeAccount()
    account.world.faults.severe = 'holdfast-web-green'
    await expectStop(account, 'in vain for holdfast-web-green to stay Ok for 3 minutes: Ready, health Severe')
    expect(account.lines.join('\n')).toContain('100.0 % of the requests are failing')
    expect(serves(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it('with an instance of the previous version stops the release', async () => {
    await using account = await createFakeAccount()
    account.world.faults.instanceBehind = 'holdfast-web-green'
    await expectStop(account, 'i-holdfast-web-green-0 runs v1')
    expect(serves(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it('that fails the smoke test gets no requests', async () => {
    await using account = await createFakeAccount()
    const smokeTest = async (): Promise<void> => {
      throw new Error('the page has no program')
    }
    await expect(deploy(account.input({ smokeTest }), account.deployment)).rejects.toThrow('the page has no program')
    expect(serves(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it('whose settings Beanstalk rejects is not created', async () => {
    await using account = await createFakeAccount()
    account.world.faults.rejectedOption = true
    await expectStop(account, /rejects the option settings:\n +aws:autoscaling:asg MinSize: MinSize is above the quota/)
    expect(stateOf(account)).toEqual(untouched)
    await expectResume(account)
  })
})

describe('a bundle', () => {
  it('that Beanstalk rejects stops the release', async () => {
    await using account = await createFakeAccount()
    account.world.faults.rejectedBundle = true
    await expectStop(account, 'Beanstalk rejects the bundle of v2')
    expect(stateOf(account)).toEqual(untouched)
    await expectRollback(account)
  })

  it('that is neither uploaded nor on this machine is asked for', async () => {
    await using account = await createFakeAccount()
    await expect(deploy(account.input(), { ...account.deployment, bundleFile: undefined })).rejects.toThrow(
      'The bundle of v2 is not in S3 yet',
    )
    const file = account.deployment.bundleFile ?? ''
    await expect(resume(account.input(), { version: 'v3', file })).rejects.toThrow('the unfinished release is of v2')
    await resume(account.input(), { version: 'v2', file })
    expect(stateOf(account)).toEqual(released)
  })
})

describe('a swap', () => {
  it('that changes no address stops the release, and is repeated by resuming', async () => {
    await using account = await createFakeAccount()
    account.world.faults.swapFails = 1
    await expectStop(account, 'both are Ready, but the addresses are as before')
    expect(serves(account)).toEqual(untouched)
    await expectResume(account)
  })

  it('that changes no address can be rolled back', async () => {
    await using account = await createFakeAccount()
    account.world.faults.swapFails = 1
    await expectStop(account, 'the addresses are as before')
    await expectRollback(account)
  })

  it('of an environment that another operation holds waits for its end', async () => {
    await using account = await createFakeAccount()
    account.world.faults.busy = { name: 'holdfast-web-blue', until: account.world.now + 25 * minute }
    await deploy(account.input(), account.deployment)
    expect(stateOf(account)).toEqual(released)
    expect(account.lines.join('\n')).toContain('another operation is in progress')
  })

  it('of an environment that another operation never leaves stops the release with how to end that', async () => {
    await using account = await createFakeAccount()
    account.world.faults.busy = { name: 'holdfast-web-blue', until: Number.POSITIVE_INFINITY }
    const failure = await deploy(account.input(), account.deployment).catch((error: unknown) => error)
    expect(failure).toMatchObject({ remedy: expect.stringContaining('abort-environment-update') as string })
    expect(serves(account)).toEqual(untouched)
    await expectResume(account)
  })
})

describe('the API of AWS', () => {
  it('that throttles some calls delays the release', async () => {
    await using account = await createFakeAccount()
    account.world.faults.throttled = 2
    await deploy(account.input(), account.deployment)
    expect(stateOf(account)).toEqual(released)
  })

  it('that throttles every call stops the release, and it can be resumed', async () => {
    await using account = await createFakeAccount()
    const print = (line: string): void => {
      if (/ create-web /.test(line)) account.world.faults.throttled = 1_000
    }
    await expect(deploy(account.input({ maxAttempts: 1, print }), account.deployment)).rejects.toThrow(
      'AWS throttles the calls: Rate exceeded',
    )
    expect(serves(account)).toEqual(untouched)
    account.world.advance(afterLeaseMs)
    await expectResume(account)
  })

  it('whose credentials expire on the way stops the release, and it can be resumed', async () => {
    await using account = await createFakeAccount()
    const print = (line: string): void => {
      if (/ await-web /.test(line)) account.world.faults.credentials = 'expired'
    }
    await expect(deploy(account.input({ print }), account.deployment)).rejects.toThrow('credentials have expired')
    expect(serves(account)).toEqual(untouched)
    await expectResume(account)
  })

  it.each([
    's3 PutObject',
    's3 PutObject bundle',
    'elasticbeanstalk CreateApplicationVersion',
    'elasticbeanstalk CreateEnvironment',
    'elasticloadbalancing ModifyTargetGroupAttributes',
    'wafv2 AssociateWebACL',
    'elasticbeanstalk SwapEnvironmentCNAMEs',
    'elasticbeanstalk TerminateEnvironment',
    'elasticbeanstalk UpdateEnvironment',
  ])('that loses the answer to %s delays the release', async (call) => {
    await using account = await createFakeAccount()
    account.world.faults.loseAnswer = { call }
    await deploy(account.input(), account.deployment)
    expect(account.world.faults.loseAnswer).toBeUndefined()
    expect(stateOf(account)).toEqual(released)
    // Nothing was created twice.
    expect(account.world.environments).toHaveLength(4)
  })
})
